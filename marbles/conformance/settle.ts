import assert from 'node:assert/strict';
import type { SettleAction } from '../../src/port/lease.js';
import { bodies, numbered } from './defaults.js';
import type { Concern } from './suite.js';

export const settle: Concern = ({ promise }) => {
  promise('an acknowledged message never comes again', async (scene) => {
    const queue = await scene.queue({ visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.ack(await consumer.takeOne());
    await scene.passBeyond(2 * scene.lease);
    await consumer.nothing();
    await scene.counts(queue, { waiting: 0, delayed: 0, leased: 0, dead: 0 });
  });

  promise('a retry comes back after its delay and never earlier, with the next count', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const first = await consumer.takeOne();
    const asked = scene.now();
    await consumer.retry(first, scene.lease);
    const done = scene.now();
    await scene.counts(queue, { delayed: 1, waiting: 0, leased: 0 });
    const waiting = consumer.claim();
    const [again] = (await scene.answer(waiting, scene.lease)).deliveries;
    scene.onTime(waiting.at, done + scene.lease, asked + scene.lease);
    assert.deepEqual([again?.message.id, again?.deliveryCount], [first.message.id, 2]);
  });

  promise('a retry without a delay follows the stored list, whose last entry repeats', async (scene) => {
    const { lease } = scene;
    const queue = await scene.queue({ retryBackoffMs: [lease, 2 * lease], maxDeliveries: 9 });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    let held = await consumer.takeOne();
    for (const delay of [lease, 2 * lease, 2 * lease]) {
      const asked = scene.now();
      await consumer.retry(held);
      const done = scene.now();
      const waiting = consumer.claim();
      const [again] = (await scene.answer(waiting, delay)).deliveries;
      scene.onTime(waiting.at, done + delay, asked + delay);
      assert.ok(again);
      held = again;
    }
    assert.equal(held.deliveryCount, 4);
  });

  promise('a retry of a spent message goes to the dead letters, and the answer says so', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 2 });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.retry(await consumer.takeOne(), 0);
    const last = await consumer.takeOne();
    const failure = { reason: 'Boom', errors: ['Error: no'] };
    assert.deepEqual(await consumer.settle({ token: last.token, action: 'retry', delayMs: 0, failure }), [{ index: 0, result: 'dead-lettered' }]);
    await consumer.nothing();
    await scene.counts(queue, { dead: 1, waiting: 0, leased: 0, delayed: 0 });
  });

  promise('a dead-lettered message goes to the dead letters at once', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const events = scene.events();
    const held = await consumer.takeOne();
    await consumer.bury(held, 'BadIban');
    await scene.counts(queue, { dead: 1, leased: 0, waiting: 0 });
    const event = await events.first('dead-lettered');
    assert.deepEqual([event.id, event.reason, event.deliveryCount], [held.message.id, 'BadIban', 1]);
  });

  promise('a released message is available at once, and the attempt is refunded', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 2 });
    await scene.publish(queue, 'a');
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    for (let round = 0; round < 3; round += 1) {
      const held = await one.takeOne();
      assert.equal(held.deliveryCount, 1);
      await one.release(held);
    }
    assert.equal((await two.takeOne()).deliveryCount, 1);
  });

  promise('a released message is back in its old place', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(5));
    const consumer = await scene.consumer(queue);
    const [m0, m1, m2] = await consumer.take(3);
    assert.ok(m0 && m1 && m2);
    await consumer.end('release', [m2, m0, m1]);
    assert.deepEqual(bodies(await consumer.take(5)), numbered(5));
  });

  promise('a leak counts as a delivery, and the message is available again', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.end('leak', await consumer.takeOne());
    assert.equal((await consumer.takeOne()).deliveryCount, 2);
  });

  promise('many settlements of one call are each done for itself', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(6));
    const consumer = await scene.consumer(queue);
    const [m0, m1, m2, m3, m4] = await consumer.take(5);
    assert.ok(m0 && m1 && m2 && m3 && m4);
    await consumer.ack(m1);
    const answer = await consumer.settle(
      { token: m0.token, action: 'ack' },
      { token: m1.token, action: 'retry', delayMs: 0 },
      { token: m2.token, action: 'retry', delayMs: 600_000 },
      { token: m3.token, action: 'dead-letter', failure: { reason: 'Rejected' } },
      { token: m4.token, action: 'release' },
    );
    assert.deepEqual(answer, [{ index: 1, result: 'lost' }], 'only what deviates is answered');
    await scene.counts(queue, { waiting: 2, delayed: 1, leased: 0, dead: 1 });
    assert.deepEqual(bodies(await consumer.take(2)), ['m4', 'm5']);
  });

  promise('a call with nothing to settle answers nothing', async (scene) => {
    assert.deepEqual(await (await scene.consumer(await scene.queue())).settle(), []);
  });

  for (const action of ['ack', 'retry', 'dead-letter', 'release', 'leak'] satisfies readonly SettleAction[]) {
    promise(`${action} repeated with the same token answers as the first did and changes nothing`, async (scene) => {
      const queue = await scene.queue();
      await scene.publish(queue, 'a');
      const consumer = await scene.consumer(queue);
      const held = await consumer.takeOne();
      const details = action === 'retry' ? { delayMs: 600_000 } : {};
      await consumer.end(action, held, details);
      const state = async (): Promise<unknown> => ({ ...(await scene.stats(queue)).subscriptions[0], oldestAgeMs: 'grows' });
      const before = await state();
      await consumer.end(action, held, details);
      await consumer.end(action, [held, held], details);
      assert.deepEqual(await state(), before);
    });
  }

  promise('a repeat answers as the first did when somebody else has the message by then, and takes nothing from them', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const held = await one.takeOne();
    await one.release(held);
    const taken = await two.takeOne();
    await one.release(held);
    await one.nothing();
    await two.ack(taken);
  });

  promise('the repeat of a retry that found the message spent says so again', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 1 });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const { token } = await consumer.takeOne();
    for (let round = 0; round < 2; round += 1) assert.deepEqual(await consumer.settle({ token, action: 'retry' }), [{ index: 0, result: 'dead-lettered' }]);
    await scene.counts(queue, { dead: 1 });
  });

  promise('another action on a settled token is lost and changes nothing', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a', 'b');
    const consumer = await scene.consumer(queue);
    const [a, b] = await consumer.take(2);
    assert.ok(a && b);
    await consumer.ack(a);
    await consumer.release(b);
    for (const action of ['retry', 'dead-letter', 'release'] satisfies readonly SettleAction[]) await consumer.lost(action, a);
    for (const action of ['ack', 'retry', 'dead-letter'] satisfies readonly SettleAction[]) await consumer.lost(action, b);
    await scene.counts(queue, { waiting: 1, delayed: 0, leased: 0, dead: 0 });
    assert.equal((await consumer.takeOne()).deliveryCount, 1);
  });

  promise('settlements of one token in one call: the first counts', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const { token } = await consumer.takeOne();
    assert.deepEqual(await consumer.settle({ token, action: 'ack' }, { token, action: 'ack' }, { token, action: 'release' }), [{ index: 2, result: 'lost' }]);
    await consumer.nothing();
  });

  promise('a settlement whose answer nobody waits for is done all the same', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const { token } = await consumer.takeOne();
    consumer.link
      .settle([{ token, action: 'ack' }])
      .subscribe()
      .unsubscribe();
    await scene.counts(queue, { leased: 0, waiting: 0 });
  });

  promise('a settlement reaches the store when its consumer has left', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const held = await consumer.takeOne();
    await consumer.leave();
    await consumer.ack(held);
    await scene.counts(queue, { leased: 0, waiting: 0 });
  });
};
