import { expect, it, onTestFinished } from 'vitest';
import { Chronow, configFromEnv } from 'chronow';
import { describeRedis, freshNamespace, redisUrl } from '../../support/redis/shared.js';

// What the quick start of the original README imports from chronos.config.json.
const chronosConfig = {
  dbConnections: { 'mongo-primary': { mongoUri: 'mongodb://localhost:27017' } },
  spacesConnections: {},
  databases: { messaging: { tenantDatabases: [{ tenantId: 'default', dbConnRef: 'mongo-primary', dbName: 'chronow_messaging' }] } },
};

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

describeRedis('the quick start of the original README on Redis', () => {
  it('runs with options', async () => {
    process.env['REDIS_URL'] = redisUrl();
    const cw = await Chronow.init({
      redis: {
        url: process.env['REDIS_URL'],
        tls: process.env['REDIS_TLS'] === 'true',
        keyPrefix: 'cw:',
      },
      chronos: { config: chronosConfig },
      namespace: freshNamespace(),
    });
    onTestFinished(() => cw.close());
    const paid: unknown[] = [];
    let failures = 1;
    const value = await usage(cw, async (payload) => {
      if (failures-- > 0) throw new Error('the first time fails, so that it comes again after a second');
      paid.push(payload);
    });
    expect(value).toEqual({ text: 'hello' });
    expect(paid).toEqual([{ orderId: '123', amount: 42.5 }]);
    expect(await cw.bus.stats('payments')).toMatchObject({ subscriptions: [{ name: 'fraud-detector', waiting: 0, delayed: 0, leased: 0, dead: 0 }] });
  });

  it('runs with the original variables', async () => {
    const cw = await Chronow.init({ ...configFromEnv({ REDIS_URL: redisUrl(), REDIS_TLS: 'false', REDIS_DB: '0', REDIS_KEY_PREFIX: 'cw:', REDIS_RETRY_MS: '1000', REDIS_VISIBILITY_TIMEOUT_MS: '30000' }), namespace: freshNamespace() });
    onTestFinished(() => cw.close());
    expect(await usage(cw, async () => undefined)).toEqual({ text: 'hello' });
  });
});
