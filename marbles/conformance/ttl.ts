import assert from 'node:assert/strict';
import { bodies, message } from './defaults.js';
import type { Concern } from './suite.js';

export const ttl: Concern = ({ promise }) => {
  promise('a message says when it expires, and is handed out before', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { ttlMs: 60_000 }));
    const {
      message: { publishedAt, expiresAt },
    } = await (await scene.consumer(queue)).takeOne();
    assert.equal(expiresAt, publishedAt + 60_000);
  });

  promise('an expired message is not handed out and goes to the dead letters as Expired', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('short', { ttlMs: scene.lease }), 'long');
    await scene.passBeyond(scene.lease);
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['long']);
    await scene.counts(queue, { dead: 1, waiting: 0 });
    const [record] = await scene.ask(scene.broker.inspection.peekDeadLetters(queue, 10));
    assert.deepEqual([record?.message.body, record?.history.at(-1)?.reason, record?.deliveryCount], ['short', 'Expired', 0]);
  });

  promise('an expired message is dropped with an event where the policy says so', async (scene) => {
    const queue = await scene.queue({ expired: 'drop' });
    const events = scene.events();
    const [receipt] = await scene.publish(queue, message('short', { ttlMs: scene.lease }));
    await scene.passBeyond(scene.lease);
    await (await scene.consumer(queue)).nothing();
    const dropped = await events.first('dropped');
    assert.deepEqual([dropped.id, dropped.reason, dropped.subscription.subscription], [receipt?.id, 'Expired', 'billing']);
    await scene.counts(queue, { dead: 0, waiting: 0 });
  });

  promise('the time to live of a scheduled message begins when it falls due', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { delayMs: 2 * scene.lease, ttlMs: 2 * scene.lease }));
    await scene.passBeyond(3 * scene.lease);
    const taken = await (await scene.consumer(queue)).takeOne();
    assert.equal(taken.message.expiresAt, taken.message.publishedAt + 2 * scene.lease);
  });

  promise('a message that expires in work can still be settled', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { ttlMs: scene.lease }));
    const consumer = await scene.consumer(queue);
    const held = await consumer.takeOne();
    await scene.passBeyond(scene.lease);
    await consumer.ack(held);
    await scene.counts(queue, { dead: 0, leased: 0 });
  });

  promise('a message that expires while it waits for its retry is not handed out again', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { ttlMs: scene.lease }));
    const consumer = await scene.consumer(queue);
    await consumer.retry(await consumer.takeOne(), 2 * scene.lease);
    await scene.passBeyond(2 * scene.lease);
    await consumer.nothing();
    await scene.counts(queue, { dead: 1, delayed: 0, waiting: 0 });
  });

  promise('an expiring message ends in each subscription for itself', async (scene) => {
    const topic = await scene.topic();
    const keeper = await scene.subscribe(topic, 'keeper');
    const dropper = await scene.subscribe(topic, 'dropper', { expired: 'drop' });
    await scene.publish(topic, message('a', { ttlMs: scene.lease }));
    await scene.passBeyond(scene.lease);
    for (const queue of [keeper, dropper]) await (await scene.consumer(queue)).nothing();
    await scene.counts(keeper, { dead: 1 });
    await scene.counts(dropper, { dead: 0 });
  });
};
