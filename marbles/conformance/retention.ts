import assert from 'node:assert/strict';
import { bodies } from './defaults.js';
import type { Concern } from './suite.js';

export const retention: Concern = ({ promise, harness }) => {
  promise('an unsettled message is never removed, however old', async (scene) => {
    const queue = await scene.queue({}, { retentionMs: scene.lease });
    await scene.publish(queue, 'a', 'b', 'c');
    const consumer = await scene.consumer(queue);
    const [a, b] = await consumer.take(2);
    assert.ok(a && b);
    await consumer.retry(b, 6 * scene.lease);
    await scene.passBeyond(4 * scene.lease);
    await scene.publish(queue, 'd');
    await scene.passBeyond(2 * scene.lease);
    assert.deepEqual(
      bodies(await consumer.all())
        .map(String)
        .sort(),
      ['b', 'c', 'd'],
    );
    await consumer.ack(a);
  });

  promise('what one subscription settled stays for another that has not', async (scene) => {
    const queue = await scene.queue({}, { retentionMs: scene.lease });
    const slow = await scene.subscribe(scene.ref('orders'), 'slow');
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.ack(await consumer.takeOne());
    await scene.passBeyond(4 * scene.lease);
    await scene.publish(queue, 'b');
    assert.deepEqual(bodies(await (await scene.consumer(slow)).all()), ['a', 'b']);
  });

  promise('a dead letter outlives the retention of its topic', async (scene) => {
    const queue = await scene.queue({}, { retentionMs: scene.lease });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.bury(await consumer.takeOne());
    await scene.passBeyond(4 * scene.lease);
    await scene.publish(queue, 'b');
    const [record] = await scene.ask(scene.broker.inspection.peekDeadLetters(queue, 10));
    assert.equal(record?.message.body, 'a');
    assert.equal(await scene.ask(scene.broker.inspection.redrive({ subscription: queue })), 1);
    assert.deepEqual(
      bodies(await consumer.all())
        .map(String)
        .sort(),
      ['a', 'b'],
    );
  });

  promise('a settled message is there for a late subscription within the retention', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.ack(await consumer.takeOne());
    await scene.pass(scene.lease);
    const late = await scene.subscribe(scene.ref('orders'), 'late', {}, { startFrom: 'earliest' });
    assert.deepEqual(bodies(await (await scene.consumer(late)).all()), harness.capabilities.replay ? ['a'] : []);
  });
};
