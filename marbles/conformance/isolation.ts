import assert from 'node:assert/strict';
import type { Claimed } from '../../src/port/lease.js';
import type { SubscriptionRef } from '../../src/port/names.js';
import { bodies, numbered } from './defaults.js';
import type { Scene } from './scene.js';
import type { Concern } from './suite.js';

/** A queue in which `suspect` has lapsed once and has one delivery left. */
async function suspected(scene: Scene, ...others: readonly string[]): Promise<SubscriptionRef> {
  const queue = await scene.queue({ maxDeliveries: 2, visibilityTimeoutMs: scene.lease });
  await scene.publish(queue, 'suspect');
  await (await scene.consumer(queue, 'crashed')).take();
  await scene.passBeyond(scene.lease);
  if (others.length > 0) await scene.publish(queue, ...others);
  return queue;
}

function isSuspect({ message: { body } }: Claimed): boolean {
  return body === 'suspect';
}

export const isolation: Concern = ({ promise }) => {
  promise('the last delivery of a message that lapsed before is handed out alone, and says so', async (scene) => {
    const queue = await suspected(scene, 'b', 'c');
    const consumer = await scene.consumer(queue);
    const answers = [];
    for (let round = 0; round < 4; round += 1) {
      const { deliveries } = await consumer.look(10);
      answers.push(deliveries);
      assert.equal(deliveries.some(isSuspect) && deliveries.length > 1, false, 'the last attempt came in company');
      await consumer.ack(deliveries);
    }
    const alone = answers.filter((deliveries) => deliveries.some(isSuspect)).flat();
    assert.deepEqual(
      alone.map(({ isolated, deliveryCount }) => [isolated, deliveryCount]),
      [[true, 2]],
    );
    assert.deepEqual(answers.flat().filter(({ isolated }) => !isolated).length, 2);
  });

  promise('a consumer that holds something never gets such a message, and is asked no more once somebody has it', async (scene) => {
    const queue = await suspected(scene);
    const [idle, busy] = [await scene.consumer(queue, 'idle'), await scene.consumer(queue, 'busy')];
    const alone = await idle.takeOne();
    await scene.publish(queue, 'other');
    const held = await busy.take();
    await idle.release(alone);
    assert.deepEqual(await busy.look(10), { deliveries: [], makeRoom: true });
    assert.deepEqual(bodies(await idle.take()), ['suspect']);
    assert.deepEqual(await busy.look(10), { deliveries: [], makeRoom: false });
    await busy.ack(held);
  });

  promise('a busy consumer is asked to make room by an answer without the message', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 2, visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'suspect');
    await (await scene.consumer(queue, 'crashed')).take();
    await scene.passBeyond(scene.lease / 2);
    const busy = await scene.consumer(queue);
    await scene.publish(queue, 'other');
    const held = await busy.take();
    assert.deepEqual(bodies(held), ['other']);
    const waiting = busy.claim(5);
    const { deliveries, makeRoom } = await scene.answer(waiting, scene.lease);
    assert.deepEqual([bodies(deliveries), makeRoom], [[], true]);
    await busy.ack(held);
    const alone = await busy.takeOne();
    assert.deepEqual([alone.message.body, alone.isolated, alone.deliveryCount], ['suspect', true, 2]);
  });

  promise('a consumer that holds an isolated message gets nothing beside it', async (scene) => {
    const queue = await suspected(scene);
    const consumer = await scene.consumer(queue);
    const alone = await consumer.takeOne();
    assert.equal(alone.isolated, true);
    await scene.publish(queue, 'b');
    await consumer.nothing();
    await consumer.ack(alone);
    assert.deepEqual(bodies(await consumer.take()), ['b']);
  });

  promise('other consumers go on while one message runs alone or waits for room', async (scene) => {
    const queue = await suspected(scene);
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const alone = await one.takeOne();
    await scene.publish(queue, ...numbered(4));
    const rest = await two.take(4);
    assert.deepEqual(bodies(rest), numbered(4));
    await two.ack(rest);
    await one.ack(alone);
    await scene.counts(queue, { waiting: 0, leased: 0, dead: 0 });
  });

  promise('a consumer whose isolated lease ended by itself goes on', async (scene) => {
    const queue = await suspected(scene);
    const consumer = await scene.consumer(queue);
    await consumer.take();
    await scene.publish(queue, 'b');
    const waiting = consumer.claim();
    assert.deepEqual(bodies((await scene.answer(waiting, scene.lease)).deliveries), ['b']);
    await scene.counts(queue, { dead: 1 });
  });

  promise('a consumer that was asked to make room goes on when its leases end by themselves', async (scene) => {
    const queue = await suspected(scene);
    const [idle, busy] = [await scene.consumer(queue, 'idle'), await scene.consumer(queue, 'busy')];
    const alone = await idle.takeOne();
    await scene.publish(queue, 'other');
    await busy.take();
    await idle.release(alone);
    assert.equal((await busy.look(10)).makeRoom, true);
    await idle.leave();
    await scene.passBeyond(scene.lease);
    // Nobody else is there: both messages are for this consumer, each alone.
    for (let round = 0; round < 2; round += 1) await busy.ack(await busy.takeOne());
    await scene.counts(queue, { waiting: 0, leased: 0, dead: 0 });
  });

  promise('a message that only failed, without a lapse, is never isolated', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 3 });
    await scene.publish(queue, 'a', 'b');
    const consumer = await scene.consumer(queue);
    for (let round = 0; round < 2; round += 1) await consumer.retry(await consumer.take(2), 0);
    const last = await consumer.take(2);
    assert.deepEqual(
      last.map(({ deliveryCount, isolated }) => [deliveryCount, isolated]),
      [
        [3, false],
        [3, false],
      ],
    );
  });

  promise('a message that leaked has its last delivery alone as well', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 2 });
    await scene.publish(queue, 'suspect');
    const consumer = await scene.consumer(queue);
    await consumer.end('leak', await consumer.takeOne());
    assert.equal((await consumer.takeOne()).isolated, true);
  });

  promise('a released isolated message is isolated again', async (scene) => {
    const queue = await suspected(scene);
    const consumer = await scene.consumer(queue);
    await consumer.release(await consumer.takeOne());
    const again = await consumer.takeOne();
    assert.deepEqual([again.isolated, again.deliveryCount], [true, 2]);
  });

  promise('a message that kills its consumer takes none of the 31 beside it into the dead letters', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 4, visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'poison', ...numbered(31));
    const done: string[] = [];
    for (let lives = 0; lives < 40 && done.length < 31; lives += 1) {
      const consumer = await scene.consumer(queue, `life${lives}`);
      let held = await consumer.all(32);
      while (held.length > 0) {
        const [next, ...later] = held;
        // Work is done one by one in the order handed out; the poison ends the process with all it holds.
        if (next === undefined || next.message.body === 'poison') break;
        await consumer.ack(next);
        done.push(String(next.message.body));
        held = later.length > 0 ? later : await consumer.all(32);
      }
      if (held.length > 0) await scene.passBeyond(scene.lease);
    }
    assert.deepEqual([...done].sort(), [...numbered(31)].sort(), 'every innocent message was done');
    await (await scene.consumer(queue, 'after')).nothing();
    await scene.counts(queue, { dead: 1, waiting: 0, leased: 0 });
    const [record] = await scene.ask(scene.broker.inspection.peekDeadLetters(queue, 10));
    assert.deepEqual([record?.message.body, record?.deliveryCount, record?.history.at(-1)?.reason], ['poison', 4, 'MaxDeliveries']);
  });
};
