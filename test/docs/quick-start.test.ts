import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Chronow } from 'chronow';
import { startReplicaSet, type ReplicaSet } from '../support/mongo/replica-set.js';
import { describeMongo, rawClient } from '../support/mongo/shared.js';
import { describeRedis } from '../support/redis/shared.js';
import { startSingle, type SingleServer } from '../support/redis/single.js';
import { codeUnder, programOf, removePrograms, shownVariables } from './support/original-program.js';

const shownMongo = 'mongodb://localhost:27017';
const paid = { orderId: '123', amount: 42.5 };

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
afterAll(removePrograms);

/** Runs a program of the original README until its message is settled, and ends it. The work fails the first time. */
async function running(file: string): Promise<void> {
  const log = vi.spyOn(console, 'log').mockReturnValue(undefined);
  const failed = vi.spyOn(console, 'error').mockReturnValue(undefined);
  const opened = new Promise<Chronow>((resolve) => { vi.stubGlobal('opened', resolve); });
  const done: unknown[] = [];
  vi.stubGlobal('processPayment', async (payload: unknown) => {
    if (done.push(payload) === 1) throw new Error('the first time fails');
  });
  const program: Promise<unknown> = import(file);
  const cw = await Promise.race([opened, program.then(() => Promise.reject(new Error('it ended before it began')))]);
  await expect.poll(() => done.length, { timeout: 30_000 }).toBe(2);
  await expect.poll(() => cw.bus.stats('payments'), { timeout: 30_000 }).toMatchObject({ subscriptions: [{ name: 'fraud-detector', waiting: 0, delayed: 0, leased: 0, dead: 0 }] });
  await cw.close();
  // Its loop ends with the client.
  await program;
  expect(done).toEqual([paid, paid]);
  expect(log.mock.calls).toEqual([[{ text: 'hello' }], ['Processing:', paid], ['Processing:', paid]]);
  expect(failed.mock.calls).toMatchObject([['Failed:', new Error('the first time fails')]]);
}

describeMongo('the quick start of the original README, word for word', () => {
  let set: ReplicaSet;
  beforeAll(async () => { set = await startReplicaSet(); });
  afterAll(() => set.stop());

  /** What it leaves in the warm tier, once its client is closed. */
  async function copies(database: string): Promise<unknown> {
    const db = rawClient(set.uri).db(database);
    const [values, messages] = [await db.collection('shared_memory').find().toArray(), await db.collection('messages').find().toArray()];
    await db.dropDatabase();
    const part = (document: object, ...names: readonly string[]): unknown => Object.fromEntries(names.map((name): [string, unknown] => [name, Reflect.get(document, name)]));
    return [values.map((value) => part(value, 'key', 'val')), messages.map((message) => part(message, 'payload', 'headers'))];
  }

  const expected = [[{ key: 'greeting', val: { text: 'hello' } }], [{ payload: paid, headers: { type: 'payment.created' } }]];

  /** Variables as they are shown there, but for addresses; of two backends one. */
  function setVariables(without: readonly string[], addresses: Readonly<Record<string, string>>): void {
    for (const [name, value] of shownVariables()) if (!without.includes(name)) vi.stubEnv(name, addresses[name] ?? value);
  }

  describeRedis('with Redis', () => {
    let redis: SingleServer;
    beforeAll(async () => { redis = await startSingle(); });
    afterAll(() => redis.stop());

    it('option 1 runs, and its copies are in the warm tier', async () => {
      vi.stubEnv('REDIS_URL', redis.url);
      await running(programOf('Option 1: With Redis (Production)', { [shownMongo]: set.uri }));
      expect(await copies('chronos_messaging_default')).toEqual(expected);
      await redis.call('FLUSHALL');
    });

    it('option 3 runs with the variables for it', async () => {
      // A second address of Redis, and a file that is not there.
      setVariables(['REDIS_CLUSTER_NODES', 'REDIS_CA_CERT'], { REDIS_URL: redis.url, MONGO_URI: set.uri });
      await running(programOf('Option 3: Using Environment Variables', {}));
      expect(await copies('chronos_messaging_default')).toEqual(expected);
    });
  });

  it('option 2, MongoDB alone, runs, and its copies are in the warm tier', async () => {
    await running(programOf('Option 2: MongoDB-only Mode (Development/Testing)', { [shownMongo]: set.uri }));
    expect(await copies('chronow_messaging')).toEqual(expected);
    await rawClient(set.uri).db('chronow_hot').dropDatabase();
  });

  it.each([
    ['the original variables', () => ({ CHRONOW_MONGO_ONLY: 'true', MONGO_URI: set.uri })],
    ['one URL', () => ({ CHRONOW_URL: set.uri })],
  ])('option 3 runs with MongoDB alone, by %s', async (_how, variables) => {
    for (const [name, value] of Object.entries(variables())) vi.stubEnv(name, value);
    await running(programOf('Option 3: Using Environment Variables', {}));
    await rawClient(set.uri).db('chronow_hot').dropDatabase();
    await rawClient(set.uri).db('chronos_messaging_default').dropDatabase();
  });

  it('has the parts that are meant', () => {
    expect([codeUnder('Option 1: With Redis (Production)'), codeUnder('Usage (Same API for Both Modes!)'), codeUnder('Chronos-DB Configuration')].map((code) => code.split('\n')[0])).toEqual(["import { Chronow } from 'chronow';", '// Shared memory', '{']);
  });
});
