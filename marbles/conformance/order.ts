import assert from 'node:assert/strict';
import type { Claimed } from '../../src/port/lease.js';
import type { Order } from '../../src/port/policy.js';
import { bodies, calmPolicy, keyed, message, numbered, wideLimits } from './defaults.js';
import type { Concern } from './suite.js';

export const order: Concern = ({ promise, harness }) => {
  promise('order key: while a message of a key is unsettled, nobody else gets a later one of it', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, ...keyed('k', 'k0', 'k1', 'k2'));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const first = await one.takeOne();
    assert.equal(first.message.body, 'k0');
    await two.nothing();
    await one.ack(first);
    assert.deepEqual(bodies(await two.take()), ['k1']);
    await one.nothing();
  });

  promise('order key: a held key does not hold other keys, nor messages without one', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, ...keyed('k', 'k0', 'k1'), ...keyed('l', 'l0'), 'free', 'free too');
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2')];
    assert.deepEqual(bodies(await one.take()), ['k0']);
    assert.deepEqual(bodies(await two.all()), ['l0', 'free', 'free too']);
  });

  promise('order key: what one consumer gets of a key is a run in the order published', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, ...keyed('k', ...numbered(6)));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const run = await one.all(6);
    assert.deepEqual(bodies(run), numbered(6).slice(0, run.length));
    await two.nothing();
    await one.ack(run);
    const rest = run.length < 6 ? await two.all(6) : [];
    assert.deepEqual(bodies(rest), numbered(6).slice(run.length, run.length + rest.length));
  });

  promise('order key: no successor is handed out while a predecessor waits for its retry', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, ...keyed('k', 'k0', 'k1'), ...keyed('l', 'l0'));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const asked = scene.now();
    await one.retry(await one.takeOne(), scene.lease);
    const done = scene.now();
    assert.deepEqual(bodies(await two.all()), ['l0'], 'the other key goes on');
    await one.nothing();
    const waiting = two.claim();
    const { deliveries } = await scene.answer(waiting, scene.lease);
    assert.deepEqual(
      deliveries.map(({ message: { body }, deliveryCount }) => [body, deliveryCount]),
      [['k0', 2]],
    );
    scene.onTime(waiting.at, done + scene.lease, asked + scene.lease);
    await two.ack(deliveries);
    assert.deepEqual(bodies(await one.take()), ['k1']);
  });

  promise('order key: what was queued behind a retry and is released waits for it too', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, ...keyed('k', ...numbered(4)));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const [head, ...queued] = await one.all(4);
    assert.ok(head);
    await one.release(queued);
    await one.retry(head, scene.lease);
    await two.nothing();
    await one.nothing();
    const seen: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const next = await two.takeOne(round === 0 ? scene.lease : 0);
      seen.push(String(next.message.body));
      await two.ack(next);
    }
    assert.deepEqual(seen, numbered(4));
  });

  promise('order key: a released message is the next of its key', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, ...keyed('k', 'k0', 'k1'));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    await one.release(await one.takeOne());
    assert.deepEqual(
      (await two.take()).map(({ message: { body }, deliveryCount }) => [body, deliveryCount]),
      [['k0', 1]],
    );
  });

  promise('order key: after the holder is gone the key goes on with what it held, in order', async (scene) => {
    const queue = await scene.queue({ order: 'key', visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, ...keyed('k', ...numbered(5)));
    const [gone, next] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    await gone.all(3);
    const seen: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const held = await next.takeOne(round === 0 ? scene.lease : 0);
      seen.push(String(held.message.body));
      await next.ack(held);
    }
    assert.deepEqual(seen, numbered(5));
  });

  promise('order key: a dead letter frees its key', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, ...keyed('k', 'k0', 'k1'));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2')];
    await one.bury(await one.takeOne());
    assert.deepEqual(bodies(await two.take()), ['k1']);
  });

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
          settled.push(String(held.message.body));
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
