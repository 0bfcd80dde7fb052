import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ChronowError, isChronowError } from '../errors.js';
import { issueNotes } from './schema-issues.js';

/** Any Standard Schema: an object, or a function as arktype's are. */
export function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  if ((typeof schema !== 'object' || schema === null) && typeof schema !== 'function') return false;
  const standard: unknown = Reflect.get(schema, '~standard');
  return typeof standard === 'object' && standard !== null && typeof Reflect.get(standard, 'validate') === 'function';
}

/**
 * What a schema makes of a value (defaults filled in, transforms applied), now or, where the schema itself asks elsewhere, by
 * a promise. Throws, or rejects with, `SCHEMA_REJECTED`, also where the schema itself throws.
 */
export function validate<T>(schema: StandardSchemaV1<unknown, T>, value: unknown, what: string): T | Promise<T> {
  let answer;
  try {
    answer = schema['~standard'].validate(value);
  } catch (error) {
    throw thrown(what, error);
  }
  if (!isThenable(answer)) return accepted(answer, value, what);
  return Promise.resolve(answer).then(
    (later) => accepted(later, value, what),
    (error: unknown) => { throw thrown(what, error); },
  );
}

/** The error for a schema that answers with a promise where nothing can wait for one. */
export function asyncSchemaError(what: string): ChronowError {
  return new ChronowError('SCHEMA_ASYNC', `the schema of ${what} answers with a promise, and virtual time cannot wait for one; use a schema without asynchronous checks in marble tests`);
}

/** Any promise: those of other libraries are not instances of Promise, and one taken for an answer would pass as "no issues". */
function isThenable<T>(answer: T | Promise<T>): answer is Promise<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function';
}

function accepted<T>(result: StandardSchemaV1.Result<T>, value: unknown, what: string): T {
  if (result.issues === undefined) return result.value;
  const issues = issueNotes(result.issues.slice(0, 5), value);
  const list = issues.map(({ path, message }) => `${path === '' ? '' : `${path}: `}${message}`).join('; ');
  throw new ChronowError('SCHEMA_REJECTED', `${what} does not fit its schema (${String(result.issues.length)} issue(s)): ${list}`, { details: { issues } });
}

function thrown(what: string, error: unknown): ChronowError {
  if (isChronowError(error)) return error;
  return new ChronowError('SCHEMA_REJECTED', `the schema of ${what} threw instead of answering`, { cause: error });
}
