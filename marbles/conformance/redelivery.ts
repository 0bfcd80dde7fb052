import assert from 'node:assert/strict';
import type { Consumer } from './consumer.js';
import type { Scene } from './scene.js';
import type { Concern } from './suite.js';

/** Takes a message and lets each lease end, until it comes no more; answers the counts it came with. */
async function lapseUntilGone(scene: Scene, consumer: Consumer, most: number): Promise<readonly number[]> {
  const counts: number[] = [];
  for (let round = 0; round <= most; round += 1) {
    const [taken] = await consumer.all(1);
    if (taken === undefined) return counts;
    counts.push(taken.deliveryCount);
    await scene.passBeyond(scene.lease);
  }
  return counts;
}

export const redelivery: Concern = ({ promise }) => {
  promise('a message is handed out at most maxDeliveries times, each with the next count', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 4 });
    await scene.publish(queue, 'a');
    const consumers = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const counts: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const consumer = consumers[round % 2];
      assert.ok(consumer);
      const held = await consumer.takeOne();
      counts.push(held.deliveryCount);
      await consumer.settle({ token: held.token, action: 'retry', delayMs: 0 });
    }
    assert.deepEqual(counts, [1, 2, 3, 4]);
    for (const consumer of consumers) await consumer.nothing();
    await scene.counts(queue, { dead: 1, waiting: 0, delayed: 0, leased: 0 });
  });

  promise('with maxDeliveries 1 the first failure is the last', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 1, visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const held = await consumer.takeOne();
    assert.equal(held.isolated, false, 'nothing speaks against a message that was never handed out');
    await scene.passBeyond(scene.lease);
    await consumer.nothing();
    await scene.counts(queue, { dead: 1, waiting: 0, leased: 0 });
  });

  promise('a message spent by lapses goes to the dead letters as MaxDeliveries', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 3, visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'a');
    const events = scene.events();
    assert.deepEqual(await lapseUntilGone(scene, await scene.consumer(queue), 3), [1, 2, 3]);
    const { reason, deliveryCount } = await events.first('dead-lettered');
    assert.deepEqual([reason, deliveryCount], ['MaxDeliveries', 3]);
    const [record] = await scene.ask(scene.broker.inspection.peekDeadLetters(queue, 10));
    assert.deepEqual([record?.deliveryCount, record?.history.at(-1)?.reason], [3, 'MaxDeliveries']);
  });

  promise('a message spent by leaks alone goes to the dead letters as NeverStarted', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 3 });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    for (let round = 0; round < 3; round += 1) await consumer.settle({ token: (await consumer.takeOne()).token, action: 'leak' });
    await consumer.nothing();
    const [record] = await scene.ask(scene.broker.inspection.peekDeadLetters(queue, 10));
    assert.deepEqual([record?.deliveryCount, record?.history.at(-1)?.reason], [3, 'NeverStarted']);
  });

  promise('a message spent by leaks and a lapse goes to the dead letters as MaxDeliveries', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 2, visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.take();
    const again = await consumer.takeOne(scene.lease);
    await consumer.settle({ token: again.token, action: 'leak' });
    await consumer.nothing();
    const [record] = await scene.ask(scene.broker.inspection.peekDeadLetters(queue, 10));
    assert.equal(record?.history.at(-1)?.reason, 'MaxDeliveries');
  });

  promise('a retry of a spent message dies as MaxDeliveries, and what was said of the failure is kept', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 1 });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const failure = { reason: 'BadIban', description: 'no such bank', errors: ['Error: no', 'TypeError: why'] };
    await consumer.settle({ token: (await consumer.takeOne()).token, action: 'retry', failure });
    const [record] = await scene.ask(scene.broker.inspection.peekDeadLetters(queue, 10));
    const last = record?.history.at(-1);
    assert.deepEqual([last?.reason, last?.description, last?.errors], ['MaxDeliveries', failure.description, failure.errors]);
  });

  promise('with dead letters switched off a spent message is dropped, and the answer and an event say so', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 1, deadLetterEnabled: false });
    const [receipt] = await scene.publish(queue, 'a');
    const events = scene.events();
    const consumer = await scene.consumer(queue);
    const held = await consumer.takeOne();
    assert.deepEqual(await consumer.settle({ token: held.token, action: 'retry', delayMs: 0 }), [{ index: 0, result: 'dropped' }]);
    await consumer.nothing();
    const { id, deliveryCount } = await events.first('dropped');
    assert.deepEqual([id, deliveryCount], [receipt?.id, 1]);
    await scene.counts(queue, { dead: 0, waiting: 0, leased: 0, delayed: 0 });
  });

  promise('with dead letters switched off a rejected message is dropped, and the answer says so', async (scene) => {
    const queue = await scene.queue({ deadLetterEnabled: false });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const { token } = await consumer.takeOne();
    for (let round = 0; round < 2; round += 1)
      assert.deepEqual(await consumer.settle({ token, action: 'dead-letter', failure: { reason: 'Rejected' } }), [{ index: 0, result: 'dropped' }]);
    await scene.counts(queue, { dead: 0, leased: 0, waiting: 0 });
  });

  promise('with dead letters switched off a message spent by lapses is dropped too', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 2, deadLetterEnabled: false, visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'a');
    const events = scene.events();
    assert.deepEqual(await lapseUntilGone(scene, await scene.consumer(queue), 2), [1, 2]);
    assert.equal((await events.first('dropped')).deliveryCount, 2);
    await scene.counts(queue, { dead: 0, waiting: 0, leased: 0 });
  });

  promise('lapses, retries and leaks are one count, and a release leaves it as it was', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 9, visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.retry(await consumer.takeOne(), 0);
    await consumer.take();
    await consumer.end('leak', await consumer.takeOne(scene.lease));
    await consumer.release(await consumer.takeOne());
    assert.equal((await consumer.takeOne()).deliveryCount, 4);
  });
};
