import assert from 'node:assert/strict';
import type { Claimed } from '../../src/port/lease.js';
import type { Order } from '../../src/port/policy.js';
import { bodies, calmPolicy, keyed, message, numbered, wideLimits } from './defaults.js';
import type { Concern } from './suite.js';

export const order: Concern = ({ promise, harness }) => {
  for (const mode of ['key', 'strict'] satisfies readonly Order[]) {
    promise(`order ${mode}: a hot key keeps its exact order over two consumers, with retries, releases and crashes`, async (scene) => {
      const queue = await scene.queue({ order: mode, visibilityTimeoutMs: scene.lease, maxDeliveries: 9 });
      const all = numbered(12);
      await scene.publish(queue, ...keyed('hot', ...all));
      const consumers = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
      const settled: string[] = [];
      for (let turn = 0; settled.length < all.length && turn < 60; turn += 1) {
        const consumer = consumers[turn % 2];
        assert.ok(consumer);
        const held = await consumer.takeOne(scene.lease);
        assert.equal(held.message.body, all[settled.length], 'a successor came before its predecessor was settled');
        if (turn % 5 === 1) await consumer.retry(held, scene.lease / 2);
        else if (turn % 5 === 3) await consumer.release(held);
        else if (turn % 7 !== 6) {
          await consumer.ack(held);
          settled.push(held.message.body);
        }
      }
      assert.deepEqual(settled, all);
    });
  }

  promise('order strict: while a message is unsettled or waits for its retry, no later one is handed to anybody else', async (scene) => {
    const queue = await scene.queue({ order: 'strict' });
    await scene.publish(queue, message('a', { key: 'k' }), message('b', { key: 'l' }), 'c');
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const first = await one.takeOne();
    await two.nothing();
    await one.retry(first, scene.lease);
    await two.nothing();
    const again = await two.takeOne(scene.lease);
    assert.deepEqual([again.message.body, again.deliveryCount], ['a', 2]);
    await one.nothing();
    await two.ack(again);
    assert.deepEqual(bodies(await one.take()), ['b']);
  });

  promise('order strict: what is published while the head waits stays behind it', async (scene) => {
    const queue = await scene.queue({ order: 'strict' });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.retry(await consumer.takeOne(), scene.lease);
    await scene.publish(queue, 'b');
    const seen: Claimed[] = [];
    for (let round = 0; round < 2; round += 1) {
      const next = await consumer.takeOne(scene.lease);
      seen.push(next);
      await consumer.ack(next);
    }
    assert.deepEqual(bodies(seen), ['a', 'b']);
  });

  promise('an order that is switched on is kept from then on', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...keyed('k', 'k0', 'k1'));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2')];
    const first = await one.takeOne();
    await scene.subscribe(scene.ref('orders'), 'billing', { order: 'key' });
    await two.nothing();
    await one.ack(first);
    assert.deepEqual(bodies(await two.take()), ['k1']);
  });

  promise('an order that is switched off holds nothing back any more', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, ...keyed('k', 'k0', 'k1', 'k2'));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2')];
    await one.retry(await one.takeOne());
    await two.nothing();
    await scene.subscribe(scene.ref('orders'), 'billing', { order: 'none' });
    assert.deepEqual(bodies(await two.take(2)), ['k1', 'k2']);
  });

  promise('without order, a retry holds nothing back', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...keyed('k', 'k0', 'k1'));
    const consumer = await scene.consumer(queue);
    await consumer.retry(await consumer.takeOne());
    assert.deepEqual(bodies(await consumer.take()), ['k1']);
  });

  if (harness.capabilities.maxShards > 1) {
    promise('order strict on a topic of several shards is ORDER_CONFLICT', async (scene) => {
      const topic = scene.ref('wide');
      await scene.ask(scene.broker.topics.ensureTopic({ topic, limits: { shardCount: 2 }, defaults: wideLimits }));
      const request = {
        subscription: { ...topic, subscription: 'billing' },
        policy: { order: 'strict' },
        defaults: calmPolicy,
        startFrom: 'earliest',
        onConflict: 'update',
        ephemeral: false,
        client: 'x',
      } as const;
      await scene.refused(scene.broker.topics.ensureSubscription(request), 'ORDER_CONFLICT');
      await scene.ask(scene.broker.topics.ensureSubscription({ ...request, policy: { order: 'key' } }));
      await scene.refused(scene.broker.topics.ensureSubscription(request), 'ORDER_CONFLICT');
    });

    promise('order key on a topic of several shards is kept for each key', async (scene) => {
      const topic = scene.ref('wide');
      await scene.ask(scene.broker.topics.ensureTopic({ topic, limits: { shardCount: 2 }, defaults: wideLimits }));
      const queue = await scene.subscribe(topic, 'billing', { order: 'key' });
      const names = numbered(8, 'k');
      for (const step of numbered(3, '/')) await scene.publish(topic, ...names.map((key) => message(`${key}${step}`, { key })));
      const consumer = await scene.consumer(queue);
      const seen: Claimed[] = [];
      while (seen.length < 24) {
        const next = await consumer.takeOne();
        seen.push(next);
        await consumer.ack(next);
      }
      for (const key of names)
        assert.deepEqual(
          bodies(seen.filter(({ message: one }) => one.key === key)),
          numbered(3, '/').map((step) => `${key}${step}`),
        );
    });
  }
};
