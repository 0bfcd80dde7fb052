import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ChronowError } from '../errors.js';

/** Any Standard Schema: an object, or a function as arktype's are. */
export function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  return ((typeof schema === 'object' && schema !== null) || typeof schema === 'function') && '~standard' in schema;
}

/**
 * What a schema makes of a value (defaults filled in, transforms applied), now or, where the schema itself asks elsewhere, by
 * a promise. Throws, or rejects with, `SCHEMA_REJECTED`.
 */
export function validate<T>(schema: StandardSchemaV1<unknown, T>, value: unknown, what: string): T | Promise<T> {
  const answer = schema['~standard'].validate(value);
  if (answer instanceof Promise) return answer.then((later) => accepted(later, what));
  return accepted(answer, what);
}

/** The error for a schema that answers with a promise where nothing can wait for one. */
export function asyncSchemaError(what: string): ChronowError {
  return new ChronowError('SCHEMA_ASYNC', `the schema of ${what} answers with a promise, and virtual time cannot wait for one; use a schema without asynchronous checks in marble tests`);
}

function accepted<T>(result: StandardSchemaV1.Result<T>, what: string): T {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, 5).map((issue) => ({ path: pathOf(issue), message: issue.message }));
  const list = issues.map(({ path, message }) => `${path === '' ? '' : `${path}: `}${message}`).join('; ');
  throw new ChronowError('SCHEMA_REJECTED', `${what} does not fit its schema (${String(result.issues.length)} issue(s)): ${list}`, { details: { issues } });
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  return (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}
