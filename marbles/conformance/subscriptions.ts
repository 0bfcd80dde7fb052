import assert from 'node:assert/strict';
import type { SubscriptionRef } from '../../src/port/names.js';
import type { PolicyPatch, SubscriptionPolicy } from '../../src/port/policy.js';
import type { EnsureSubscription } from '../../src/port/topic-store.js';
import { bodies, calmPolicy, numbered } from './defaults.js';
import type { Concern } from './suite.js';

function ensure(subscription: SubscriptionRef, policy: PolicyPatch, options: Partial<EnsureSubscription> = {}): EnsureSubscription {
  return { subscription, policy, defaults: calmPolicy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'deploy-7', ...options };
}

export const subscriptions: Concern = ({ promise }) => {
  promise('a new subscription gets the policy that was named and defaults for the rest', async (scene) => {
    const ref = { ...(await scene.topic()), subscription: 'billing' };
    const stored = await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, { maxDeliveries: 2, order: 'key' })));
    assert.deepEqual([stored.created, stored.ephemeral, stored.policy], [true, false, { ...calmPolicy, maxDeliveries: 2, order: 'key' }]);
  });

  promise('an option that is named updates the stored one, for every connection', async (scene) => {
    const ref = await scene.queue({ maxDeliveries: 2 });
    const stored = await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, { maxDeliveries: 9, retryBackoffMs: [1, 2] })));
    assert.deepEqual([stored.created, stored.policy], [false, { ...calmPolicy, maxDeliveries: 9, retryBackoffMs: [1, 2] }]);
    assert.deepEqual((await scene.ask(scene.second.topics.findSubscription(ref)))?.policy, stored.policy);
  });

  promise('an option that is omitted never changes the stored one, whatever the defaults say', async (scene) => {
    const ref = await scene.queue({ maxDeliveries: 2, deadLetterEnabled: false });
    const events = scene.events();
    const defaults: SubscriptionPolicy = { ...calmPolicy, maxDeliveries: 99, visibilityTimeoutMs: 1, order: 'strict', deadLetterEnabled: true };
    const stored = await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, { maxDeliveries: undefined }, { defaults })));
    assert.deepEqual(stored.policy, { ...calmPolicy, maxDeliveries: 2, deadLetterEnabled: false });
    assert.deepEqual(events.of('policy-changed'), []);
  });

  promise('a change of policy is told with what was, what is and who changed it', async (scene) => {
    const ref = await scene.queue({ maxDeliveries: 2 });
    const events = scene.events();
    await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, { maxDeliveries: 3 })));
    const { before, after, client, subscription } = await events.first('policy-changed');
    assert.deepEqual([before.maxDeliveries, after.maxDeliveries, client, subscription.subscription], [2, 3, 'deploy-7', 'billing']);
    await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, { maxDeliveries: 3 })));
    assert.equal(events.of('policy-changed').length, 1, 'naming what is stored already changes nothing');
  });

  promise('with onConflict error, an option that differs is POLICY_CONFLICT and changes nothing', async (scene) => {
    const ref = await scene.queue({ maxDeliveries: 2 });
    await scene.refused(scene.broker.topics.ensureSubscription(ensure(ref, { maxDeliveries: 3, order: 'key' }, { onConflict: 'error' })), 'POLICY_CONFLICT');
    const same = await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, { maxDeliveries: 2 }, { onConflict: 'error' })));
    assert.deepEqual(same.policy, { ...calmPolicy, maxDeliveries: 2 });
  });

  promise('a consumer sees the policy, and its change, whoever makes it and whether it claims or not', async (scene) => {
    const ref = await scene.queue({ maxDeliveries: 2 });
    const { link } = await scene.consumer(ref);
    assert.equal(link.policy.maxDeliveries, 2);
    await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, { maxDeliveries: 4 })));
    await scene.eventually(async () => assert.equal(link.policy.maxDeliveries, 4));
    await scene.ask(scene.second.topics.ensureSubscription(ensure(ref, { maxDeliveries: 6 })));
    await scene.eventually(async () => assert.equal(link.policy.maxDeliveries, 6));
  });

  promise('a new visibility timeout holds for the next lease', async (scene) => {
    const ref = await scene.queue();
    await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, { visibilityTimeoutMs: scene.lease })));
    await scene.publish(ref, 'a');
    await (await scene.consumer(ref, 'c1')).take();
    assert.equal((await (await scene.consumer(ref, 'c2')).takeOne(scene.lease)).deliveryCount, 2);
  });

  promise('a lower maxDeliveries holds for messages that are there already', async (scene) => {
    const ref = await scene.queue({ maxDeliveries: 9 });
    await scene.publish(ref, 'a');
    const consumer = await scene.consumer(ref);
    await consumer.retry(await consumer.takeOne(), 0);
    await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, { maxDeliveries: 2 })));
    const second = await consumer.takeOne();
    assert.deepEqual(await consumer.settle({ token: second.token, action: 'retry', delayMs: 0 }), [{ index: 0, result: 'dead-lettered' }]);
  });

  promise('startFrom earliest begins with everything the topic retains', async (scene) => {
    const topic = await scene.topic();
    await scene.subscribe(topic, 'first');
    await scene.publish(topic, 'a', 'b');
    const late = await scene.subscribe(topic, 'late', {}, { startFrom: 'earliest' });
    assert.deepEqual(bodies(await (await scene.consumer(late)).all()), ['a', 'b']);
  });

  promise('startFrom latest begins with what is published afterwards', async (scene) => {
    const topic = await scene.topic();
    await scene.publish(topic, 'a');
    const late = await scene.subscribe(topic, 'late', {}, { startFrom: 'latest' });
    await scene.publish(topic, 'b');
    assert.deepEqual(bodies(await (await scene.consumer(late)).all()), ['b']);
  });

  promise('startFrom a time begins with the first message of that time', async (scene) => {
    const topic = await scene.topic();
    const first = await scene.subscribe(topic, 'first');
    for (const body of ['a', 'b', 'c']) {
      await scene.publish(topic, body);
      await scene.pass(scene.lease);
    }
    const [, b] = await (await scene.consumer(first)).take(3);
    assert.ok(b);
    const late = await scene.subscribe(topic, 'late', {}, { startFrom: { from: b.message.publishedAt } });
    assert.deepEqual(bodies(await (await scene.consumer(late)).all()), ['b', 'c']);
  });

  promise('startFrom counts only at creation', async (scene) => {
    const ref = await scene.queue();
    await scene.publish(ref, 'a', 'b');
    const consumer = await scene.consumer(ref);
    await consumer.ack(await consumer.takeOne());
    await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, {}, { startFrom: 'latest' })));
    await scene.ask(scene.broker.topics.ensureSubscription(ensure(ref, {}, { startFrom: { from: 0 } })));
    assert.deepEqual(bodies(await consumer.all()), ['b']);
  });

  promise('an ephemeral subscription ends with its last consumer', async (scene) => {
    const ref = await scene.subscribe(await scene.topic(), 'passing', {}, { ephemeral: true, startFrom: 'latest' });
    assert.equal((await scene.ask(scene.broker.topics.findSubscription(ref)))?.ephemeral, true);
    const [one, two] = [await scene.consumer(ref, 'c1'), await scene.consumer(ref, 'c2')];
    await one.leave();
    await scene.publish(ref, 'a');
    assert.deepEqual(bodies(await two.take()), ['a'], 'it lives while a consumer is there');
    await two.leave();
    await scene.eventually(async () => assert.equal(await scene.ask(scene.broker.topics.findSubscription(ref)), undefined));
  });

  promise('a durable subscription outlives its consumers', async (scene) => {
    const ref = await scene.queue();
    const consumer = await scene.consumer(ref);
    await consumer.leave();
    await scene.publish(ref, 'a');
    assert.deepEqual(bodies(await (await scene.consumer(ref)).take()), ['a']);
  });

  promise('an ephemeral subscription holds nothing back, and is told by a gap how much it missed', async (scene) => {
    const topic = await scene.topic('orders', { maxStreamLen: 5 });
    const ref = await scene.subscribe(topic, 'passing', {}, { ephemeral: true, startFrom: 'latest' });
    const events = scene.events();
    const consumer = await scene.consumer(ref);
    for (const body of numbered(12)) await scene.publish(topic, body);
    const kept = bodies(await consumer.all());
    assert.deepEqual(kept, numbered(12).slice(-kept.length));
    await events.first('gap');
    assert.equal(
      events.of('gap').reduce((sum, { missed }) => sum + missed, 0),
      12 - kept.length,
    );
  });
};
