import assert from 'node:assert/strict';
import { bodies, message } from './defaults.js';
import type { Concern } from './suite.js';

export const schedule: Concern = ({ promise }) => {
  promise('a delayed message comes when its delay has passed and never earlier', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const waiting = consumer.claim();
    const asked = scene.now();
    const [receipt] = await scene.publish(queue, message('a', { delayMs: scene.lease }));
    const stored = scene.now();
    const { deliveries } = await scene.answer(waiting, scene.lease);
    assert.deepEqual(bodies(deliveries), ['a']);
    scene.onTime(waiting.at, stored + scene.lease, asked + scene.lease);
    assert.ok(receipt?.dueAt !== undefined, 'the receipt says when it becomes due');
    scene.onTime(receipt.dueAt, stored + scene.lease, asked + scene.lease);
    assert.equal(deliveries[0]?.message.publishedAt, receipt.dueAt);
  });

  promise('a message with a delivery time comes at that time and never earlier', async (scene) => {
    const queue = await scene.queue();
    const waiting = (await scene.consumer(queue)).claim();
    const deliverAt = scene.now() + scene.lease;
    const [receipt] = await scene.publish(queue, message('a', { deliverAt }));
    assert.equal(receipt?.dueAt, deliverAt);
    await scene.answer(waiting, scene.lease);
    scene.onTime(waiting.at, deliverAt);
  });

  promise('a delivery time that has passed means now', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { deliverAt: scene.now() - 60_000 }), 'b');
    assert.deepEqual(
      bodies(await (await scene.consumer(queue)).all())
        .map(String)
        .sort(),
      ['a', 'b'],
    );
  });

  promise('scheduled messages come in the order in which they fall due, those of one instant in the order published', async (scene) => {
    const queue = await scene.queue();
    const deliverAt = scene.now() + scene.lease;
    await scene.publish(
      queue,
      message('late', { deliverAt: deliverAt + scene.lease / 2 }),
      message('x', { deliverAt }),
      message('y', { deliverAt }),
      message('z', { deliverAt }),
      'now',
    );
    await scene.passBeyond(2 * scene.lease);
    assert.deepEqual(bodies(await (await scene.consumer(queue)).take(5)), ['now', 'x', 'y', 'z', 'late']);
  });

  promise('a scheduled message is counted as scheduled, not as waiting, until it is due', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { delayMs: scene.lease }), 'b');
    await scene.counts(queue, { waiting: 1 });
    assert.equal((await scene.stats(queue)).scheduled, scene.known('scheduled', 1));
    await scene.passBeyond(scene.lease);
    await scene.counts(queue, { waiting: 2 });
    assert.equal((await scene.stats(queue)).scheduled, scene.known('scheduled', 0));
  });

  promise('every subscription gets a scheduled message, one that was made before it fell due too', async (scene) => {
    const topic = await scene.topic();
    const early = await scene.subscribe(topic, 'early');
    await scene.publish(topic, message('a', { delayMs: scene.lease }));
    const later = await scene.subscribe(topic, 'later', {}, { startFrom: 'latest' });
    await scene.passBeyond(scene.lease);
    for (const queue of [early, later]) assert.deepEqual(bodies(await (await scene.consumer(queue)).take()), ['a']);
  });

  promise('a scheduled message that is cancelled in time never comes', async (scene) => {
    const queue = await scene.queue();
    const [receipt] = await scene.publish(queue, message('a', { delayMs: scene.lease }));
    assert.ok(receipt);
    assert.equal(await scene.ask(scene.second.publisher.cancelScheduled(scene.ref('orders'), receipt.id)), true);
    assert.equal(await scene.ask(scene.broker.publisher.cancelScheduled(scene.ref('orders'), receipt.id)), false, 'it was cancelled once');
    await scene.passBeyond(scene.lease);
    await (await scene.consumer(queue)).nothing();
    assert.equal((await scene.stats(queue)).scheduled, scene.known('scheduled', 0));
  });

  promise('a cancellation that comes too late answers false and the message comes', async (scene) => {
    const queue = await scene.queue();
    const [receipt] = await scene.publish(queue, message('a', { delayMs: scene.lease }));
    assert.ok(receipt);
    await scene.passBeyond(scene.lease);
    const consumer = await scene.consumer(queue);
    await consumer.take();
    assert.equal(await scene.ask(scene.broker.publisher.cancelScheduled(scene.ref('orders'), receipt.id)), false);
  });

  promise('cancelling what was never scheduled answers false', async (scene) => {
    const queue = await scene.queue();
    const [plain] = await scene.publish(queue, 'a');
    assert.ok(plain);
    assert.equal(await scene.ask(scene.broker.publisher.cancelScheduled(scene.ref('orders'), plain.id)), false);
    assert.equal(await scene.ask(scene.broker.publisher.cancelScheduled(scene.ref('orders'), 'no-such-id')), false);
    assert.equal((await (await scene.consumer(queue)).takeOne()).message.body, 'a');
  });

  promise('of cancellations at the due time each either wins or loses: cancelled is never handed out, not cancelled always', async (scene) => {
    const queue = await scene.queue();
    const deliverAt = scene.now() + scene.lease;
    const receipts = await scene.publish(queue, ...['a', 'b', 'c', 'd'].map((body) => message(body, { deliverAt })));
    const kept: string[] = [];
    for (const { id } of receipts.slice(0, 2)) if (!(await scene.ask(scene.broker.publisher.cancelScheduled(scene.ref('orders'), id)))) kept.push(id);
    await scene.pass(Math.max(0, deliverAt - scene.now()));
    for (const { id } of receipts.slice(2)) if (!(await scene.ask(scene.broker.publisher.cancelScheduled(scene.ref('orders'), id)))) kept.push(id);
    await scene.passBeyond(scene.lease);
    assert.deepEqual(
      (await (await scene.consumer(queue)).all()).map(({ message: { id } }) => id),
      kept,
    );
  });

  promise('a scheduled message keeps headers, key and bytes', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message(Uint8Array.of(0, 255, 7), { headers: { a: 'ä' }, key: 'k', codec: 'cbor', delayMs: scene.lease / 2 }));
    const { message: back } = await (await scene.consumer(queue)).takeOne(scene.lease);
    assert.ok(back.body instanceof Uint8Array);
    assert.deepEqual([[...back.body], { ...back.headers }, back.key, back.codec], [[0, 255, 7], { a: 'ä' }, 'k', 'cbor']);
  });
};
