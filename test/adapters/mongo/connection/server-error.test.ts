import { MongoAPIError, MongoCursorExhaustedError, MongoExpiredSessionError, MongoNetworkTimeoutError, MongoParseError, MongoServerClosedError, MongoServerError } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { failureOf, isDuplicateKey, plainCause } from '../../../../src/adapters/mongo/connection/server-error.js';

/** What the system gives. */
const ofTheSystem = (code: string): Error => Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { code });

describe('what the driver throws', () => {
  it.each([
    ['of the line', new MongoNetworkTimeoutError('connection timed out'), 'link', 'MongoNetworkTimeoutError'],
    ['of a client that was closed', new MongoServerClosedError(), 'link', 'MongoServerClosedError'],
    ['of the system', ofTheSystem('ECONNREFUSED'), 'link', 'ECONNREFUSED'],
    ['of the line, with the word of the system', new MongoNetworkTimeoutError('connect', { cause: ofTheSystem('ETIMEDOUT') }), 'link', 'ETIMEDOUT'],
    ['by the server, with the name of the code', new MongoServerError({ code: 13, codeName: 'Unauthorized', errmsg: 'no' }), 'server', 'Unauthorized'],
    ['by the server, without one', new MongoServerError({ errmsg: 'no' }), 'server', 'MongoServerError'],
    ['of a session that ran out', new MongoExpiredSessionError(), 'passing', 'MongoExpiredSessionError'],
    ['of a cursor that is over', new MongoCursorExhaustedError(), 'passing', 'MongoCursorExhaustedError'],
    ['of what it was given', new MongoAPIError('ChangeStream is closed'), 'input', 'MongoAPIError'],
    ['by our own code', new TypeError('x is not a function'), 'input', 'TypeError'],
    ['of what it cannot read', new MongoParseError('bad bytes'), 'link', 'MongoParseError'],
  ] as const)('%s is told apart', (_what, error, kind, word) => {
    expect(failureOf(error)).toMatchObject({ kind, word });
    expect(plainCause(failureOf(error)).name).toBe(kind === 'link' ? 'ConnectionError' : 'ServerError');
  });

  it('is of the line where it is no error at all', () => {
    expect(failureOf('gone')).toMatchObject({ kind: 'link', word: 'UNKNOWN' });
  });

  it('of a bulk write is what befell it', () => {
    const bulk = (told: object): Error => Object.assign(new Error('bulk'), { name: 'MongoBulkWriteError', ...told });
    const lost = bulk({ errorResponse: new MongoNetworkTimeoutError('lost') });
    expect(failureOf(lost)).toMatchObject({ kind: 'link' });
    const refused = bulk({ code: 11_000, errorResponse: { code: 11_000 } });
    expect([failureOf(refused).kind, isDuplicateKey(refused), isDuplicateKey('11000')]).toEqual(['server', true, false]);
  });

  it.each([
    ['connect to mongodb://user:canary@host:1/ failed', 'connect to mongodb://***@host:1/ failed'],
    ['E11000 duplicate key error index: i dup key: { k: "canary" }', 'E11000 duplicate key error index: i dup key'],
    ['Unknown operator {a: "canary"} at the end', 'Unknown operator {…}'],
    ['cannot set "canary" or \'canary\' or `canary`', 'cannot set … or … or …'],
    ['first line\ncanary', 'first line'],
    ['x'.repeat(300), `${'x'.repeat(160)}…`],
  ])('is shown without what may be secret: %s', (message, shown) => {
    expect(failureOf(new Error(message)).text).toBe(shown);
  });
});
