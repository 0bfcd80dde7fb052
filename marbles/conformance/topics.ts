import assert from 'node:assert/strict';
import { calmPolicy, message, wideLimits } from './defaults.js';
import type { Concern } from './suite.js';

export const topics: Concern = ({ promise }) => {
  promise('a new topic gets the limits that were named and defaults for the rest', async (scene) => {
    const ref = scene.ref('orders');
    const stored = await scene.ask(scene.broker.topics.ensureTopic({ topic: ref, limits: { maxStreamLen: 7 }, defaults: wideLimits }));
    assert.deepEqual({ ...stored, ref: { ...stored.ref } }, { ref, limits: { ...wideLimits, maxStreamLen: 7 }, created: true });
  });

  promise('a topic that exists keeps every limit that is not named, whatever the defaults say', async (scene) => {
    const ref = await scene.topic('orders', { maxStreamLen: 7, onFull: 'dropOldest' });
    const again = await scene.ask(scene.broker.topics.ensureTopic({ topic: ref, limits: {}, defaults: { ...wideLimits, retentionMs: 1, maxStreamLen: 1 } }));
    assert.equal(again.created, false);
    assert.deepEqual(again.limits, { ...wideLimits, maxStreamLen: 7, onFull: 'dropOldest' });
  });

  promise('a limit that is named is written to the store', async (scene) => {
    const ref = await scene.topic();
    await scene.ask(scene.broker.topics.ensureTopic({ topic: ref, limits: { retentionMs: 5_000 }, defaults: wideLimits }));
    const found = await scene.ask(scene.second.topics.findTopic(ref));
    assert.equal(found?.limits.retentionMs, 5_000);
  });

  promise('an unknown topic is found as undefined', async (scene) => {
    assert.equal(await scene.ask(scene.broker.topics.findTopic(scene.ref('nowhere'))), undefined);
  });

  promise('the list of topics is exactly that of the scope', async (scene) => {
    for (const name of ['b', 'a', 'c']) await scene.topic(name);
    const listed = await scene.ask(scene.broker.topics.listTopics(scene.scope));
    assert.deepEqual(listed.map((one) => one.ref.topic).sort(), ['a', 'b', 'c']);
  });

  promise('publishing creates a topic that is missing', async (scene) => {
    await scene.publish(scene.ref('fresh'), 'a');
    assert.equal((await scene.ask(scene.broker.topics.findTopic(scene.ref('fresh'))))?.ref.topic, 'fresh');
  });

  promise('the first to name a shard count fixes it, another one is SHARD_COUNT_CONFLICT', async (scene) => {
    const ref = await scene.topic('orders', { shardCount: 1 });
    await scene.refused(scene.broker.topics.ensureTopic({ topic: ref, limits: { shardCount: 2 }, defaults: wideLimits }), 'SHARD_COUNT_CONFLICT');
    const same = await scene.ask(scene.broker.topics.ensureTopic({ topic: ref, limits: { shardCount: 1 }, defaults: wideLimits }));
    assert.equal(same.limits.shardCount, 1);
  });

  promise('a deleted topic takes its messages, subscriptions and dead letters with it', async (scene) => {
    const queue = await scene.queue();
    const topic = scene.ref('orders');
    await scene.publish(topic, 'a', 'b');
    const consumer = await scene.consumer(queue);
    await consumer.bury(await consumer.takeOne());
    assert.equal(await scene.ask(scene.broker.topics.deleteTopic(topic)), true);
    assert.equal(await scene.ask(scene.broker.topics.findTopic(topic)), undefined);
    await scene.queue();
    await (await scene.consumer(queue)).nothing();
    await scene.counts(queue, { waiting: 0, leased: 0, dead: 0 });
    assert.equal((await scene.stats(topic)).length, scene.known('length', 0));
  });

  promise('a deleted topic takes what is scheduled with it', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { delayMs: scene.lease }));
    await scene.ask(scene.broker.topics.deleteTopic(scene.ref('orders')));
    await scene.queue();
    await scene.passBeyond(scene.lease);
    await (await scene.consumer(queue)).nothing();
  });

  promise('deleting an unknown topic answers false', async (scene) => {
    assert.equal(await scene.ask(scene.broker.topics.deleteTopic(scene.ref('nowhere'))), false);
  });

  promise('consumers of a deleted topic end with SUBSCRIPTION_DELETED', async (scene) => {
    const waiting = (await scene.consumer(await scene.queue())).claim();
    await scene.ask(scene.broker.topics.deleteTopic(scene.ref('orders')));
    await scene.refusal(waiting, 'SUBSCRIPTION_DELETED');
  });

  promise('subscriptions are found and listed with their policies', async (scene) => {
    const topic = await scene.topic();
    const billing = await scene.subscribe(topic, 'billing', { maxDeliveries: 3 });
    await scene.subscribe(topic, 'audit');
    const found = await scene.ask(scene.second.topics.findSubscription(billing));
    assert.deepEqual(found?.policy, { ...calmPolicy, maxDeliveries: 3 });
    assert.equal(await scene.ask(scene.broker.topics.findSubscription({ ...topic, subscription: 'nobody' })), undefined);
    const listed = await scene.ask(scene.broker.topics.listSubscriptions(topic));
    assert.deepEqual(listed.map((one) => one.ref.subscription).sort(), ['audit', 'billing']);
  });

  promise('a deleted subscription ends its waiting consumers with SUBSCRIPTION_DELETED', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const waiting = consumer.claim();
    assert.equal(await scene.ask(scene.broker.topics.deleteSubscription(queue)), true);
    await scene.refusal(waiting, 'SUBSCRIPTION_DELETED');
    await scene.refusal(consumer.claim(), 'SUBSCRIPTION_DELETED');
    assert.equal(await scene.ask(scene.broker.topics.findSubscription(queue)), undefined);
  });

  promise('what a consumer holds of a deleted subscription is lost', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const held = await consumer.takeOne();
    await scene.ask(scene.broker.topics.deleteSubscription(queue));
    await consumer.lost('ack', held);
  });

  promise('deleting a subscription leaves the others as they are', async (scene) => {
    const queue = await scene.queue();
    const other = await scene.subscribe(scene.ref('orders'), 'audit');
    await scene.publish(queue, 'a');
    await scene.ask(scene.broker.topics.deleteSubscription(queue));
    assert.equal((await (await scene.consumer(other)).takeOne()).message.body, 'a');
    assert.equal(await scene.ask(scene.broker.topics.deleteSubscription(queue)), false);
  });

  promise('attaching to an unknown subscription is SUBSCRIPTION_NOT_FOUND, subscribing to an unknown topic TOPIC_NOT_FOUND', async (scene) => {
    const topic = await scene.topic();
    const identity = { consumerId: 'c', consumerName: 'c' };
    await scene.refused(scene.broker.deliveries.attach({ ...topic, subscription: 'nobody' }, identity), 'SUBSCRIPTION_NOT_FOUND');
    const subscription = { ...scene.ref('nowhere'), subscription: 'billing' };
    await scene.refused(
      scene.broker.topics.ensureSubscription({
        subscription,
        policy: {},
        defaults: calmPolicy,
        startFrom: 'earliest',
        onConflict: 'update',
        ephemeral: false,
        client: 'x',
      }),
      'TOPIC_NOT_FOUND',
    );
  });
};
