import assert from 'node:assert/strict';
import { bodies, message } from './defaults.js';
import type { Concern } from './suite.js';

export const idempotency: Concern = ({ promise }) => {
  promise('a second message of the same topic, key and idempotency key is not stored, and its receipt names the first', async (scene) => {
    const queue = await scene.queue();
    const [first] = await scene.publish(queue, message('a', { key: 'k', idempotencyKey: 'i' }));
    const [second] = await scene.publish(queue, message('b', { key: 'k', idempotencyKey: 'i' }));
    assert.equal(first?.duplicate, false);
    assert.deepEqual([second?.id, second?.duplicate], [first?.id, true]);
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['a']);
  });

  promise('two messages of one batch with the same idempotency key are one', async (scene) => {
    const queue = await scene.queue();
    const receipts = await scene.publish(queue, message('a', { idempotencyKey: 'i' }), 'b', message('c', { idempotencyKey: 'i' }));
    assert.deepEqual(
      receipts.map(({ duplicate }) => duplicate),
      [false, false, true],
    );
    assert.equal(receipts[2]?.id, receipts[0]?.id);
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['a', 'b']);
  });

  promise('another key, another idempotency key, or none makes another message', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { key: 'k', idempotencyKey: 'i' }));
    const others = [
      message('b', { key: 'l', idempotencyKey: 'i' }),
      message('c', { idempotencyKey: 'i' }),
      message('d', { key: 'k', idempotencyKey: 'j' }),
      message('e', { key: 'k' }),
      message('f', { key: 'k' }),
    ];
    const receipts = await scene.publish(queue, ...others);
    assert.deepEqual(
      receipts.map(({ duplicate }) => duplicate),
      [false, false, false, false, false],
    );
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['a', 'b', 'c', 'd', 'e', 'f']);
  });

  promise('key and idempotency key are not run together: k:1 with 2 is not k with 1:2', async (scene) => {
    const queue = await scene.queue();
    const receipts = await scene.publish(
      queue,
      message('a', { key: 'k:1', idempotencyKey: '2' }),
      message('b', { key: 'k', idempotencyKey: '1:2' }),
      message('c', { key: 'k\u00001', idempotencyKey: '2' }),
      message('d', { key: 'k', idempotencyKey: '1\u00002' }),
    );
    assert.deepEqual(
      receipts.map(({ duplicate }) => duplicate),
      [false, false, false, false],
    );
  });

  promise('an idempotency key counts for one topic', async (scene) => {
    await scene.publish(scene.ref('orders'), message('a', { idempotencyKey: 'i' }));
    const [other] = await scene.publish(scene.ref('returns'), message('a', { idempotencyKey: 'i' }));
    assert.equal(other?.duplicate, false);
  });

  promise('an idempotency key is still known when its message is settled', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { idempotencyKey: 'i' }));
    const consumer = await scene.consumer(queue);
    await consumer.ack(await consumer.takeOne());
    const [second] = await scene.publish(queue, message('a', { idempotencyKey: 'i' }));
    assert.equal(second?.duplicate, true);
    await consumer.nothing();
  });

  promise('an idempotency key is known until its window has passed, and not for ever', async (scene) => {
    const queue = await scene.queue({}, { idempotencyWindowMs: 4 * scene.lease });
    const once = message('a', { idempotencyKey: 'i' });
    await scene.publish(queue, once);
    await scene.pass(2 * scene.lease);
    assert.equal((await scene.publish(queue, once))[0]?.duplicate, true);
    await scene.passBeyond(10 * scene.lease);
    assert.equal((await scene.publish(queue, once))[0]?.duplicate, false);
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['a', 'a']);
  });

  promise('a message that was refused leaves its idempotency key free', async (scene) => {
    const queue = await scene.queue({}, { maxStreamLen: 1 });
    await scene.publish(queue, 'a');
    const refused = message('b', { idempotencyKey: 'i' });
    await scene.refused(scene.batch(queue, [refused]), 'TOPIC_FULL');
    const consumer = await scene.consumer(queue);
    await consumer.ack(await consumer.takeOne());
    assert.equal((await scene.publish(queue, refused))[0]?.duplicate, false);
    assert.equal((await consumer.takeOne()).message.body, 'b');
  });

  promise('publishing the same idempotency key at once from two connections stores one', async (scene) => {
    const queue = await scene.queue();
    const calls = [scene.broker, scene.second, scene.broker, scene.second].map((broker, index) => {
      const { tenantId, namespace, topic } = queue;
      return scene.begin(
        broker.publisher.publish({ topic: { tenantId, namespace, topic }, token: scene.token(), messages: [message(`m${index}`, { idempotencyKey: 'i' })] }),
      );
    });
    const receipts = [];
    for (const call of calls) receipts.push(...(await scene.answer(call)));
    assert.equal(receipts.filter(({ duplicate }) => !duplicate).length, 1);
    assert.equal(new Set(receipts.map(({ id }) => id)).size, 1);
    assert.equal((await (await scene.consumer(queue)).all()).length, 1);
  });
};
