import { describe, expect, it } from 'vitest';
import { isDuplicateKey } from '../../../../src/adapters/mongo/connection/server-error.js';
import type { MongoStore } from '../../../../src/adapters/mongo/connection/store.js';
import { openStore, storeTo } from '../../../support/mongo/store.js';
import { refusal, startWireServer, type Answer, type WireServer } from '../../../support/mongo/wire-server.js';

interface Row { readonly _id: string }

interface Outcome {
  readonly attempts: number;
  readonly error: unknown;
}

const options = { database: 'chronow_hot', changeStreams: 'off', retryMs: 5 } as const;

async function opened(): Promise<{ readonly server: WireServer; readonly store: MongoStore }> {
  const server = await startWireServer();
  return { server, store: await openStore({ uri: server.uri, ...options }) };
}

/** The outcome of one operation, and how often it was tried. */
async function outcome(store: MongoStore, operation: () => Promise<unknown>, deadlineMs = 10_000): Promise<Outcome> {
  let attempts = 0;
  const error = await store.attempt('test', async (attempt) => {
    attempts = attempt;
    return operation();
  }, { deadlineMs }).then(() => undefined, (reason: unknown) => reason);
  return { attempts, error };
}

const update = (store: MongoStore) => (): Promise<unknown> => store.collection<Row>('cw_log').updateMany({}, { $set: { n: 1 } });
const insertMany = (store: MongoStore) => (): Promise<unknown> => store.collection<Row>('cw_log').insertMany([{ _id: 'a' }, { _id: 'b' }], { ordered: false });

/** The first write gets this, the later ones what is usual. */
async function written(answer: Answer, how = update, name = 'update'): Promise<Outcome> {
  const { server, store } = await opened();
  server.next(name, answer);
  return outcome(store, how(store));
}

describe('a write is made again', () => {
  it.each([
    6, 7, 24, 43, 46, 50, 63, 64, 79, 89, 91, 112, 133, 134, 150, 175, 189, 202, 211, 225, 237, 246, 262, 290, 307, 314, 317, 358, 402, 9_001, 10_058, 10_107, 11_600, 11_602, 13_388, 13_435, 13_436,
  ])('after the refusal %d', async (code) => {
    expect(await written(refusal(code))).toEqual({ attempts: 2, error: undefined });
  });

  it.each(['RetryableWriteError', 'TransientTransactionError'])('after a refusal of whatever code with the label %s', async (label) => {
    expect((await written(refusal(4_242, label))).error).toBeUndefined();
  });

  it.each([[64, { wtimeout: true }], [91, {}], [11_602, {}], [189, {}]])('after the write concern error %d, also of many documents', async (code, errInfo) => {
    const answer = { writeConcernError: { code, errmsg: 'waiting for replication timed out', errInfo } };
    expect(await written(answer)).toEqual({ attempts: 2, error: undefined });
    expect(await written({ ...answer, n: 2 }, insertMany, 'insert')).toEqual({ attempts: 2, error: undefined });
  });

  it.each([11_602, 189, 46])('after the write error %d, also of one of many documents', async (code) => {
    const answer = { n: 0, writeErrors: [{ index: 0, code, errmsg: 'interrupted' }] };
    expect(await written(answer)).toEqual({ attempts: 2, error: undefined });
    expect(await written(answer, insertMany, 'insert')).toEqual({ attempts: 2, error: undefined });
  });

  it.each(['cut', 'garbage'] as const)('after an answer that was %s', async (answer) => {
    const { server, store } = await opened();
    // The driver itself sends it once more.
    server.next('update', answer, answer, answer);
    const { attempts, error } = await outcome(store, update(store));
    expect(error).toBeUndefined();
    expect(attempts).toBeGreaterThan(1);
  });

  it('once more than the server says no, with growing pauses, under the ids that it had', async () => {
    const { server, store } = await opened();
    server.next('insert', ...Array.from({ length: 4 }, () => refusal(112)));
    expect(await outcome(store, () => store.collection<Row>('cw_log').insertOne({ _id: 'same' }))).toEqual({ attempts: 5, error: undefined });
    expect(server.of('insert').map(({ documents }) => JSON.stringify(documents))).toEqual(Array.from({ length: 5 }, () => '[{"_id":"same"}]'));
  });
});

describe('a write is not made again', () => {
  it.each([
    [13, 'BACKEND_UNSAFE', false], [18, 'CONFIG_INVALID', false], [8_000, 'CONFIG_INVALID', false], [14_031, 'LINK_LOST', true], [388, 'LINK_LOST', true],
    [10_334, 'PAYLOAD_TOO_LARGE', false], [17_280, 'PAYLOAD_TOO_LARGE', false], [17_419, 'PAYLOAD_TOO_LARGE', false], [17_420, 'PAYLOAD_TOO_LARGE', false],
    [2, 'UNSUPPORTED', false], [9, 'UNSUPPORTED', false], [59, 'UNSUPPORTED', false], [121, 'UNSUPPORTED', false], [4_242, 'UNSUPPORTED', false],
  ])('after the refusal %d, which is %s', async (code, name, retryable) => {
    const { attempts, error } = await written(refusal(code));
    expect(attempts).toBe(1);
    expect(error).toMatchObject({ code: name, retryable, details: { code } });
  });

  it('after a duplicate key, which is for the operation itself, in whichever way it is told', async () => {
    const twice = { n: 0, writeErrors: [{ index: 0, code: 11_000, errmsg: 'E11000 duplicate key error collection: a.b index: c dup key: { x: "canary" }', keyPattern: { x: 1 }, keyValue: { x: 'canary' } }] };
    for (const [name, how] of [['insert', insertMany], ['update', update]] as const) {
      const { server, store } = await opened();
      server.next(name, twice, twice);
      const caught = await outcome(store, async () => { try { await how(store)(); } catch (error) { if (!isDuplicateKey(error)) throw error; } });
      expect(caught).toEqual({ attempts: 1, error: undefined });
      const { error } = await outcome(store, how(store));
      expect(error).toMatchObject({ code: 'UNSUPPORTED', details: { code: 11_000 } });
      expect(String(error)).not.toContain('canary');
    }
  });

  it('longer than its deadline, and ends at it, whether the server says no or nothing', async () => {
    const { server, store } = await opened();
    server.always('update', refusal(112));
    const refused = await outcome(store, update(store), 300);
    expect(refused.attempts).toBeGreaterThan(2);
    expect(refused.error).toMatchObject({ code: 'LINK_LOST', retryable: true, details: { reason: 'Code112' } });
    server.always('update', 'silence');
    expect(await outcome(store, update(store), 300)).toMatchObject({ attempts: 1, error: { code: 'LINK_LOST', details: { reason: 'DEADLINE' } } });
  });

  it('once the store is closed, in a pause or under way, nor where it was never let in', async () => {
    const { server, store } = await opened();
    server.always('update', refusal(112));
    server.always('insert', 'silence');
    const both = Promise.all([outcome(store, update(store)), outcome(store, insertMany(store))]);
    await expect.poll(() => server.of('update').length).toBeGreaterThan(3);
    await store.close();
    expect(await both).toMatchObject([{ error: { code: 'CLOSED' } }, { error: { code: 'CLOSED' } }]);
    const old = await startWireServer();
    old.always('buildInfo', { version: '4.2.24' });
    const never = storeTo({ uri: old.uri, ...options });
    const early = outcome(never, update(never));
    await expect(never.open()).rejects.toMatchObject({ code: 'BACKEND_UNSAFE' });
    expect(await early).toMatchObject({ error: { code: 'BACKEND_UNSAFE' } });
    expect(old.of('update')).toEqual([]);
  });
});
