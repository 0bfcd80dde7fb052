import { describe, expect, test } from 'vitest';
import { describeMongo, rawClient } from '../support/mongo/shared.js';
import { until } from '../support/servers/until.js';
import { hotTiers, ownServer, scene, type WarmTierScene } from './support/warm-scene.js';

type Document = Record<string, unknown>;

/** What the warm tier has of one message's deliveries, by attempt, once there are so many. */
async function recorded({ cw, dbName }: WarmTierScene, count: number, uri?: string): Promise<readonly Document[]> {
  const deliveries = (uri === undefined ? rawClient() : rawClient(uri)).db(dbName).collection('deliveries');
  await until('nothing is on its way', async () => cw.shared.warmCounts.waiting === 0 && (await deliveries.countDocuments()) >= count, 40_000);
  return deliveries.find().sort({ subscription: 1, attempt: 1 }).toArray();
}

describeMongo('settled deliveries in MongoDB', () => {
  describe.each(hotTiers)('behind $name', ({ config }) => {
    test('are what happened to each attempt, and nothing else', async () => {
      const it = await scene(config(), { deliveries: true });
      const { cw, events } = it;
      for (const name of ['dies', 'succeeds']) await cw.bus.ensureSubscription('orders', name, { maxDeliveries: 2, retryBackoffMs: [0] });
      const msgId = await cw.bus.publish('orders', { card: 'secret' });
      for await (const message of cw.bus.consume('orders', 'succeeds', { consumerName: 'worker' })) {
        await message.release();
        break;
      }
      for await (const message of cw.bus.consume('orders', 'succeeds', { consumerName: 'worker' })) {
        if (message.redeliveryCount === 0) await message.nack({ requeue: true, delayMs: 0 });
        else {
          await message.ack();
          break;
        }
      }
      let died = 0;
      for await (const message of cw.bus.consume('orders', 'dies', { consumerName: 'other' })) {
        await message.nack({ requeue: true, delayMs: 0 });
        died += 1;
        if (died === 2) break;
      }
      const found = await recorded(it, 4);
      expect(found.map(({ subscription, attempt, status, consumerId, reason }) => [subscription, attempt, status, consumerId, reason])).toEqual([
        ['dies', 1, 'nack', 'other', undefined],
        ['dies', 2, 'dead', 'other', 'MaxDeliveries'],
        ['succeeds', 1, 'nack', 'worker', undefined],
        ['succeeds', 2, 'ack', 'worker', undefined],
      ]);
      expect(new Set(found.map((one) => one['msgId']))).toEqual(new Set([msgId]));
      expect(JSON.stringify(found)).not.toContain('secret');
      expect(events.filter(({ type }) => type.startsWith('warm-'))).toEqual([]);
    });

    test('are none of an attempt whose lease was lost', async () => {
      const it = await scene(config(), { deliveries: true });
      const { cw } = it;
      await cw.bus.ensureSubscription('orders', 's', { visibilityTimeoutMs: 1_500, maxDeliveries: 5 });
      await cw.bus.publish('orders', 1);
      const consuming = cw.bus.consume('orders', 's', { consumerName: 'worker' });
      // The second one comes when the lease of the first is over.
      const taken = [await consuming.next(), await consuming.next()].flatMap(({ value }) => value ?? []);
      const results: unknown[] = [];
      for (const message of taken) results.push([message.redeliveryCount + 1, (await message.ack()).result]);
      await consuming.return?.();
      expect(results).toEqual([[1, expect.not.stringMatching('settled')], [2, 'settled']]);
      expect((await recorded(it, 1)).map(({ attempt, status, consumerId }) => [attempt, status, consumerId])).toEqual([[2, 'ack', 'worker']]);
    });

    test('come when MongoDB is back; no settlement waits for it', async () => {
      const server = await ownServer();
      const it = await scene(config(), { deliveries: true }, server.uri);
      const { cw, events } = it;
      await cw.bus.ensureSubscription('orders', 's');
      await server.kill9();
      await cw.bus.publish('orders', 1);
      for await (const message of cw.bus.consume('orders', 's')) {
        await message.ack();
        break;
      }
      await until('a failed try is reported', async () => events.some((event) => event.type === 'warm-retried' && event.work === 'deliveries'), 20_000);
      expect((await cw.bus.stats('orders')).subscriptions).toMatchObject([{ waiting: 0, leased: 0, dead: 0 }]);
      await server.start();
      expect(await recorded(it, 1, server.uri)).toMatchObject([{ subscription: 's', attempt: 1, status: 'ack' }]);
      expect(events.filter(({ type }) => type === 'warm-failed')).toEqual([]);
    }, 90_000);
  });
});
