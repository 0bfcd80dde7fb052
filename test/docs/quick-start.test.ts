import { expect, it, onTestFinished } from 'vitest';
import { Chronow, configFromEnv } from 'chronow';
import type { ChronosConfig } from '../../src/config/chronos-config.js';
import { describeMongo, freshDatabase, mongoUri, rawClient } from '../support/mongo/shared.js';
import { describeRedis, freshNamespace, redisUrl } from '../support/redis/shared.js';

/** What the quick start of the original README imports from chronos.config.json, with the address and database of this test. */
function chronosConfig(dbName: string): ChronosConfig {
  return {
    dbConnections: { 'mongo-primary': { mongoUri: mongoUri() } },
    spacesConnections: {},
    databases: { messaging: { tenantDatabases: [{ tenantId: 'default', dbConnRef: 'mongo-primary', spaceConnRef: '', bucket: '', dbName }] } },
  };
}

/** What the quick start leaves in the warm tier, once its copies are there. */
async function warmCopies(cw: Chronow, dbName: string): Promise<unknown> {
  await cw.close();
  const db = rawClient().db(dbName);
  const [values, messages] = await Promise.all([db.collection('shared_memory').find().toArray(), db.collection('messages').find().toArray()]);
  const part = (document: object, ...names: readonly string[]): unknown => Object.fromEntries(names.map((name): [string, unknown] => [name, Reflect.get(document, name)]));
  return [values.map((value) => part(value, 'key', 'val')), messages.map((message) => part(message, 'payload', 'headers'))];
}

const copies = [[{ key: 'greeting', val: { text: 'hello' } }], [{ payload: { orderId: '123', amount: 42.5 }, headers: { type: 'payment.created' } }]];

/** The first time fails, so that it comes again after a second. */
function failingOnce(paid: unknown[]): (payload: unknown) => Promise<void> {
  let failures = 1;
  return async (payload) => {
    if (failures-- > 0) throw new Error('the first time fails');
    paid.push(payload);
  };
}

/** Its usage part; the loop ends after one message, and what it prints is returned. */
async function usage(cw: Chronow, processPayment: (payload: unknown) => Promise<void>): Promise<unknown> {
  // Shared memory
  await cw.shared.set('greeting', { text: 'hello' }, {
    hotTtlSeconds: 120,
    warm: { persist: true, retentionDays: 90 }
  });

  const value = await cw.shared.get('greeting');

  // Topics & subscriptions
  await cw.bus.ensureTopic('payments');
  await cw.bus.ensureSubscription('payments', 'fraud-detector', {
    visibilityTimeoutMs: 30000,
    maxDeliveries: 5,
    retryBackoffMs: [1000, 5000, 30000],
  });

  // Publish
  await cw.bus.publish('payments', { orderId: '123', amount: 42.5 }, {
    persistWarmCopy: true,
    headers: { type: 'payment.created' },
  });

  // Consume
  for await (const msg of cw.bus.consume('payments', 'fraud-detector')) {
    try {
      await processPayment(msg.payload);
      await msg.ack();
      break;
    } catch {
      await msg.nack({ requeue: true });
    }
  }
  return value;
}

describeMongo('the quick start of the original README', () => {
  describeRedis('option 1, with Redis', () => {
    it('runs, and its copies are in the warm tier', async () => {
      process.env['REDIS_URL'] = redisUrl();
      const dbName = freshDatabase();
      const cw = await Chronow.init({
        redis: {
          url: process.env['REDIS_URL'],
          tls: process.env['REDIS_TLS'] === 'true',
          keyPrefix: 'cw:',
        },
        chronos: { config: chronosConfig(dbName) },
        namespace: freshNamespace(),
      });
      onTestFinished(() => cw.close());
      const paid: unknown[] = [];
      expect(await usage(cw, failingOnce(paid))).toEqual({ text: 'hello' });
      expect(paid).toEqual([{ orderId: '123', amount: 42.5 }]);
      expect(await cw.bus.stats('payments')).toMatchObject({ subscriptions: [{ name: 'fraud-detector', waiting: 0, delayed: 0, leased: 0, dead: 0 }] });
      expect(await warmCopies(cw, dbName)).toEqual(copies);
    });

    it('runs with the original variables (option 3)', async () => {
      const cw = await Chronow.init({ ...configFromEnv({ REDIS_URL: redisUrl(), REDIS_TLS: 'false', REDIS_DB: '0', REDIS_KEY_PREFIX: 'cw:', REDIS_RETRY_MS: '1000', REDIS_VISIBILITY_TIMEOUT_MS: '30000', MONGO_URI: mongoUri() }), namespace: freshNamespace() });
      onTestFinished(() => cw.close());
      expect(await usage(cw, async () => undefined)).toEqual({ text: 'hello' });
    });
  });

  it('option 2, MongoDB alone, runs, and its copies are in the warm tier', async () => {
    const dbName = freshDatabase();
    const cw = await Chronow.init({
      mongoOnly: true,  // No Redis required!
      chronos: { config: chronosConfig(dbName) },
      namespace: freshNamespace(),
    });
    onTestFinished(() => cw.close());
    const paid: unknown[] = [];
    expect(await usage(cw, failingOnce(paid))).toEqual({ text: 'hello' });
    expect(paid).toEqual([{ orderId: '123', amount: 42.5 }]);
    expect(await warmCopies(cw, dbName)).toEqual(copies);
  });

  it('option 3, variables, runs with MongoDB alone', async () => {
    const cw = await Chronow.init({ ...configFromEnv({ CHRONOW_MONGO_ONLY: 'true', MONGO_URI: mongoUri() }), namespace: freshNamespace() });
    onTestFinished(() => cw.close());
    expect(await usage(cw, async () => undefined)).toEqual({ text: 'hello' });
  });
});
