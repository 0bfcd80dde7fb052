import assert from 'node:assert/strict';
import { bodies, message, numbered } from './defaults.js';
import type { Concern } from './suite.js';

export const capacity: Concern = ({ promise }) => {
  promise('a full topic refuses with TOPIC_FULL, which names the subscription that holds it', async (scene) => {
    const topic = await scene.topic('orders', { maxStreamLen: 3 });
    const quick = await scene.subscribe(topic, 'quick');
    await scene.subscribe(topic, 'slowpoke');
    await scene.publish(topic, ...numbered(3));
    const consumer = await scene.consumer(quick);
    await consumer.ack(await consumer.take(3));
    const error = await scene.refused(scene.batch(topic, ['m3']), 'TOPIC_FULL');
    assert.match(error.message, /slowpoke/);
    assert.doesNotMatch(error.message, /quick/);
  });

  promise('a batch that does not fit is refused whole', async (scene) => {
    const queue = await scene.queue({}, { maxStreamLen: 3 });
    await scene.publish(queue, 'a', 'b');
    await scene.refused(scene.batch(queue, ['c', 'd']), 'TOPIC_FULL');
    await scene.publish(queue, 'e');
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['a', 'b', 'e']);
  });

  promise('settled messages never count', async (scene) => {
    const queue = await scene.queue({}, { maxStreamLen: 3 });
    const consumer = await scene.consumer(queue);
    for (let round = 0; round < 4; round += 1) {
      await scene.publish(queue, ...numbered(3));
      const [m0, m1, m2] = await consumer.take(3);
      assert.ok(m0 && m1 && m2);
      await consumer.ack([m0, m1]);
      await consumer.bury(m2);
    }
  });

  promise('what is leased or waits for its retry counts', async (scene) => {
    const queue = await scene.queue({}, { maxStreamLen: 2 });
    await scene.publish(queue, 'a', 'b');
    const consumer = await scene.consumer(queue);
    const [a] = await consumer.take(2);
    assert.ok(a);
    await consumer.retry(a);
    await scene.refused(scene.batch(queue, ['c']), 'TOPIC_FULL');
  });

  promise('one settled message makes room for one', async (scene) => {
    const queue = await scene.queue({}, { maxStreamLen: 2 });
    await scene.publish(queue, 'a', 'b');
    const consumer = await scene.consumer(queue);
    await consumer.ack(await consumer.takeOne());
    await scene.publish(queue, 'c');
    await scene.refused(scene.batch(queue, ['d']), 'TOPIC_FULL');
    assert.deepEqual(bodies(await consumer.all()), ['b', 'c']);
  });

  promise('the resend of a batch that was stored is answered by a full topic too', async (scene) => {
    const queue = await scene.queue({}, { maxStreamLen: 1 });
    const token = scene.token();
    const first = await scene.ask(scene.batch(queue, ['a'], token));
    assert.deepEqual(await scene.ask(scene.batch(queue, ['a'], token)), first);
  });

  promise('a duplicate is answered by a full topic too, since it needs no room', async (scene) => {
    const queue = await scene.queue({}, { maxStreamLen: 1 });
    const [first] = await scene.publish(queue, message('a', { idempotencyKey: 'i' }));
    const [again] = await scene.publish(queue, message('a', { idempotencyKey: 'i' }));
    assert.deepEqual([again?.id, again?.duplicate], [first?.id, true]);
  });

  promise('with dropOldest the oldest unsettled messages make way', async (scene) => {
    const queue = await scene.queue({}, { maxStreamLen: 3, onFull: 'dropOldest' });
    await scene.publish(queue, 'm0', 'm1', 'm2');
    await scene.publish(queue, 'm3', 'm4');
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['m2', 'm3', 'm4']);
  });

  promise('a topic without a subscription keeps the newest at its bound', async (scene) => {
    const topic = await scene.topic('orders', { maxStreamLen: 3 });
    for (const body of numbered(5)) await scene.publish(topic, body);
    const queue = await scene.subscribe(topic);
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['m2', 'm3', 'm4']);
  });

  promise('an event tells that a topic fills, at four fifths, with the subscription and the counts', async (scene) => {
    const queue = await scene.queue({}, { maxStreamLen: 10 });
    const events = scene.events();
    await scene.publish(queue, ...numbered(7));
    assert.deepEqual(events.of('topic-filling'), []);
    await scene.publish(queue, 'm7');
    const { subscription, unsettled, maxStreamLen, topic } = await events.first('topic-filling');
    assert.deepEqual([topic.topic, subscription, unsettled, maxStreamLen], ['orders', 'billing', 8, 10]);
  });
};
