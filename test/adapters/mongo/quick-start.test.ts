import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { Chronow, configFromEnv } from 'chronow';
import { describeMongo, mongoUri } from '../../support/mongo/shared.js';

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

// The hot tier is in `chronow_hot`, whatever is configured: other tests use it too.
const namespace = (): string => `ns-${randomUUID().slice(0, 8)}`;

describeMongo('the quick start of the original README on MongoDB', () => {
  it('runs with options, in MongoDB-only mode', async () => {
    const cw = await Chronow.init({
      mongoOnly: true,  // No Redis required!
      chronos: {
        config: {
          dbConnections: {
            'mongo-primary': { mongoUri: mongoUri() }
          },
          spacesConnections: {},
          databases: {
            messaging: {
              tenantDatabases: [{
                tenantId: 'default',
                dbConnRef: 'mongo-primary',
                dbName: 'chronow_messaging'
              }]
            }
          }
        }
      },
      namespace: namespace(),
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
    const cw = await Chronow.init({ ...configFromEnv({ CHRONOW_MONGO_ONLY: 'true', MONGO_URI: mongoUri(), REDIS_VISIBILITY_TIMEOUT_MS: '30000', REDIS_MAX_STREAM_LEN: '100000' }), namespace: namespace() });
    onTestFinished(() => cw.close());
    expect(await usage(cw, async () => undefined)).toEqual({ text: 'hello' });
  });

  it('runs by one URL', async () => {
    const cw = await Chronow.init({ ...configFromEnv({ CHRONOW_URL: mongoUri() }), namespace: namespace() });
    onTestFinished(() => cw.close());
    expect(await usage(cw, async () => undefined)).toEqual({ text: 'hello' });
  });
});
