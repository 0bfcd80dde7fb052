import assert from 'node:assert/strict';
import { take } from 'rxjs';
import { bodies, message } from './defaults.js';
import type { Concern } from './suite.js';

export const close: Concern = ({ promise, harness }) => {
  promise('closing answers a waiting claim with nothing', async (scene) => {
    const waiting = (await scene.consumer(await scene.queue())).claim(5);
    await scene.ask(scene.broker.close());
    assert.deepEqual((await scene.answer(waiting)).deliveries, []);
  });

  promise('closing again answers', async (scene) => {
    await scene.ask(scene.broker.close());
    await scene.ask(scene.broker.close());
  });

  promise('the status is closed after close', async (scene) => {
    await scene.ask(scene.broker.close());
    assert.deepEqual(await scene.ask(scene.broker.status$.pipe(take(1))), { state: 'closed' });
  });

  promise('every call after close is refused with CLOSED', async (scene) => {
    const queue = await scene.queue();
    const topic = scene.ref('orders');
    const consumer = await scene.consumer(queue);
    const { publisher, inspection, keys, topics, deliveries } = scene.broker;
    await scene.ask(scene.broker.close());
    await scene.refused(publisher.publish({ topic, token: scene.token(), messages: [message('late')] }), 'CLOSED');
    await scene.refused(inspection.stats(topic), 'CLOSED');
    await scene.refused(keys.get({ ...scene.scope, key: 'k' }), 'CLOSED');
    await scene.refused(topics.findTopic(topic), 'CLOSED');
    await scene.refused(deliveries.attach(queue, { consumerId: 'late', consumerName: 'late' }), 'CLOSED');
    await scene.refusal(consumer.claim(), 'CLOSED');
  });

  if (harness.capabilities.shared) {
    promise('closing one connection leaves the other at work', async (scene) => {
      const queue = await scene.queue();
      const other = await scene.consumer(queue, 'c2', scene.second);
      const waiting = other.claim();
      await scene.publish(queue, 'a');
      await scene.ask(scene.broker.close());
      assert.deepEqual(bodies((await scene.answer(waiting)).deliveries), ['a']);
    });

    promise('what a closed connection held comes back to the others after the lease', async (scene) => {
      const queue = await scene.queue({ visibilityTimeoutMs: scene.lease });
      await scene.publish(queue, 'a');
      await (await scene.consumer(queue)).take();
      await scene.ask(scene.broker.close());
      const again = await (await scene.consumer(queue, 'c2', scene.second)).takeOne(scene.lease);
      assert.deepEqual([again.message.body, again.deliveryCount], ['a', 2]);
    });
  }
};
