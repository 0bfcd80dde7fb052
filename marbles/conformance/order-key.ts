import assert from 'node:assert/strict';
import { bodies, keyed, message, numbered } from './defaults.js';
import type { Concern } from './suite.js';

export const orderKey: Concern = ({ promise }) => {
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

  promise('order key: an expired message frees its key', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, message('k0', { key: 'k', ttlMs: scene.lease }), message('k1', { key: 'k' }));
    const consumer = await scene.consumer(queue);
    await consumer.retry(await consumer.takeOne(), 2 * scene.lease);
    await scene.passBeyond(2 * scene.lease);
    assert.deepEqual(bodies(await consumer.take()), ['k1']);
  });

  promise('order key: a message that kills its consumer dies alone, and its key goes on in order', async (scene) => {
    const queue = await scene.queue({ order: 'key', maxDeliveries: 3, visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, ...keyed('k', 'poison', ...numbered(3)));
    const done: string[] = [];
    for (let lives = 0; lives < 12 && done.length < 3; lives += 1) {
      const consumer = await scene.consumer(queue, `life${lives}`);
      for (let held = await consumer.all(16); held.length > 0; held = await consumer.all(16)) {
        if (bodies(held).includes('poison')) break;
        await consumer.ack(held);
        done.push(...bodies(held).map(String));
      }
      if (done.length < 3) await scene.passBeyond(scene.lease);
    }
    assert.deepEqual(done, numbered(3));
    await scene.counts(queue, { dead: 1, waiting: 0, leased: 0 });
  });
};
