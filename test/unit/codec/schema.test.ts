import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { asyncSchemaError, isStandardSchema, validate } from '../../../src/codec/schema.js';
import { isChronowError, type ChronowError } from '../../../src/errors.js';
import { refusal } from './support.js';

const canary = 'CaNaRy77';

/** A schema by hand, from its answer. */
function schema(answer: (value: unknown) => unknown): StandardSchemaV1 {
  // @ts-expect-error -- answers that a library without types may give
  return { '~standard': { version: 1, vendor: 'by hand', validate: answer } };
}

/** A function with a member, as arktype makes them. */
function callableSchema(answer: (value: unknown) => StandardSchemaV1.Result<unknown>): StandardSchemaV1 {
  return Object.assign((value: unknown) => value, { '~standard': { version: 1 as const, vendor: 'by hand', validate: answer } });
}

async function rejection(promise: unknown): Promise<ChronowError> {
  const error: unknown = await Promise.resolve(promise).then(() => undefined, (reason: unknown) => reason);
  if (isChronowError(error)) return error;
  throw new Error('not refused by an error of ours');
}

const payment = z.object({ orderId: z.string(), amount: z.coerce.number().positive(), currency: z.string().default('EUR') });

describe('a schema', () => {
  it('may be any object or function with the standard member', () => {
    for (const one of [payment, v.string(), schema(() => ({ value: 1 })), callableSchema(() => ({ value: 1 }))]) expect(isStandardSchema(one)).toBe(true);
    for (const other of [null, undefined, 5, 'x', {}, () => 1, { '~standard': true }, { '~standard': null }, { '~standard': { validate: 5 } }]) expect(isStandardSchema(other)).toBe(false);
  });

  it('fills in defaults and applies transforms', () => {
    expect(validate(payment, { orderId: '1', amount: '5' }, 'topic "payments"')).toEqual({ orderId: '1', amount: 5, currency: 'EUR' });
    expect(validate(callableSchema((value) => ({ value: [value] })), 1, 'x')).toEqual([1]);
  });

  it('refuses with place and reason of each issue, five at most', () => {
    const error = refusal(() => validate(payment, { amount: -5 }, 'topic "payments"'));
    expect(error.code).toBe('SCHEMA_REJECTED');
    expect(error.message).toBe('SCHEMA_REJECTED: topic "payments" does not fit its schema (2 issue(s)): orderId: Invalid input: expected string, received undefined; amount: Too small: expected number to be >0');
    expect(error.details['issues']).toEqual([{ path: 'orderId', message: 'Invalid input: expected string, received undefined' }, { path: 'amount', message: 'Too small: expected number to be >0' }]);
    const many = refusal(() => validate(z.array(z.number()), Array.from({ length: 9 }, () => canary), 'x'));
    expect([many.message, many.details['issues']]).toEqual([expect.stringContaining('(9 issue(s))'), expect.objectContaining({ length: 5 })]);
  });

  it('may ask elsewhere: then it answers with a promise', async () => {
    const known = z.string().refine((id) => Promise.resolve(id === 'known'));
    const answer = validate(known, 'known', 'x');
    expect(answer).toBeInstanceOf(Promise);
    await expect(answer).resolves.toBe('known');
    expect((await rejection(validate(known, 'other', 'topic "x"'))).code).toBe('SCHEMA_REJECTED');
  });

  it('may answer with the promise of another library', async () => {
    const later = (result: unknown): object => ({ then: (resolve: (value: unknown) => void) => { resolve(result); } });
    await expect(validate(schema(() => later({ value: 7 })), 1, 'x')).resolves.toBe(7);
    expect((await rejection(validate(schema(() => later({ issues: [{ message: 'no' }] })), 1, 'x'))).message).toContain('no');
  });

  it('that throws, or rejects, refuses and keeps the cause', async () => {
    const cause = new Error(canary);
    const thrown = refusal(() => validate(schema(() => { throw cause; }), 1, 'topic "x"'));
    const rejected = await rejection(validate(schema(() => Promise.reject(cause)), 1, 'topic "x"'));
    for (const error of [thrown, rejected]) expect([error.message, error.cause]).toEqual(['SCHEMA_REJECTED: the schema of topic "x" threw instead of answering', cause]);
  });

  it('that cannot answer in virtual time says what to do', () => {
    expect(asyncSchemaError('topic "x"').message).toBe('SCHEMA_ASYNC: the schema of topic "x" answers with a promise, and virtual time cannot wait for one; use a schema without asynchronous checks in marble tests');
  });
});

describe('an issue never shows the payload', () => {
  const found = (one: StandardSchemaV1, value: unknown): string => {
    const error = refusal(() => validate(one, value, 'x'));
    expect(JSON.stringify(error)).not.toContain(canary);
    return error.message.slice(error.message.indexOf('issue(s)): ') + 11);
  };

  it('where the library quotes it', () => {
    // valibot: Invalid type: Expected number but received "CaNaRy77"
    expect(found(v.object({ amount: v.number() }), { amount: canary })).toBe('amount: expected number');
    expect(found(v.pipe(v.string(), v.email()), canary)).toBe('refused (email)');
    expect(found(v.picklist(['a', 'b']), canary)).toBe('expected ("a" | "b")');
    expect(found(v.pipe(v.number(), v.maxValue(10)), 7_777)).toBe('expected <=10');
  });

  it('where the user quotes it in a message of his own, whole or in part of a larger value', () => {
    const iban = z.string().refine(() => false, { error: (issue) => `no IBAN: ${String(issue.input)}` });
    expect(found(z.object({ iban }), { iban: canary })).toBe('iban: refused (custom)');
    expect(found(schema((value) => ({ issues: [{ message: `bad: ${JSON.stringify(value)}` }] })), { deep: [{ canary }] })).toBe('refused');
    expect(found(schema(() => ({ issues: [{ message: 'bad pin 123' }] })), { pin: 123 })).toBe('refused');
  });

  it('where there is too much of it to look for', () => {
    const value = { many: Array.from({ length: 2_000 }, (_, index) => `text ${String(index)}`), canary };
    expect(found(schema(() => ({ issues: [{ message: `bad: ${canary}` }] })), value)).toBe('refused');
  });

  it('but a message without it stays as it is, with short values about', () => {
    expect(found(schema(() => ({ issues: [{ message: 'amounts must be positive', path: [{ key: 'a' }, 0, Symbol.for('s')] }] })), { a: 'a', b: 1, c: 'am', d: '' })).toBe('a.0.Symbol(s): amounts must be positive');
    expect(found(z.object({ amount: z.number().positive() }), { amount: 0 })).toBe('amount: Too small: expected number to be >0');
  });
});
