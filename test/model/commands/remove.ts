import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StartPosition } from '../../../src/port/policy.js';
import { command } from '../command.js';
import type { Command } from '../command.js';
import type { Model } from '../model.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import { openTopic } from '../opening.js';
import type { World } from '../world.js';
import { ensure, patch } from './policy.js';

async function end(model: Model, world: World, sub: SubscriptionModel): Promise<void> {
  sub.delete(world.now());
  await world.still(() => sub.consumers.every((consumer) => consumer?.claim === undefined || world.hasHeard(consumer)));
  model.hear(world.heard());
  for (const consumer of sub.consumers) assert.equal(consumer?.claim, undefined, 'a claim goes on although its subscription was deleted');
}

/** Deletes a subscription, sometimes an unknown one, and makes it again from another place. */
export const deleteSubscription: fc.Arbitrary<Command> = command(fc.record({ subscription: fc.constantFrom('s', 'u', 'u'), policy: patch, start: fc.constantFrom('earliest', 'latest', 'back') }), {
  name: 'delete subscription',
  can: (model) => model.topic !== undefined,
  run: async (model, world, { subscription, policy, start }) => {
    const { topic } = model;
    assert.ok(topic);
    const sub = topic.subscriptions.get(subscription);
    topic.subscriptions.delete(subscription);
    if (sub !== undefined) sub.isDeleted = true;
    const { value: isDone } = await world.answer(world.broker.topics.deleteSubscription({ ...topic.ref, subscription }));
    assert.equal(isDone, sub !== undefined, `whether ${subscription} was there`);
    if (sub !== undefined) await end(model, world, sub);
    const startFrom: StartPosition = start === 'earliest' || start === 'latest' ? start : { from: world.now().lo - 500 };
    return ensure(model, world, { subscription, policy, startFrom, isStrict: false });
  },
});

export const deleteTopic: fc.Arbitrary<Command> = command(fc.record({ maxStreamLen: fc.constantFrom(8, 1_000) }), {
  name: 'delete topic',
  can: (model) => model.topic !== undefined,
  run: async (model, world, limits) => {
    const { topic } = model;
    assert.ok(topic);
    const subs = model.subscriptions();
    for (const sub of subs) sub.isDeleted = true;
    model.topic = undefined;
    const { value: isDone } = await world.answer(world.broker.topics.deleteTopic(topic.ref));
    assert.equal(isDone, true, 'whether the topic was there');
    for (const sub of subs) await end(model, world, sub);
    await openTopic(model, world, { limits, policies: { s: {}, u: {} } });
    return 'and made again';
  },
});

export const changeLimits: fc.Arbitrary<Command> = command(fc.record({ maxStreamLen: fc.constantFrom(6, 12, 1_000), onFull: fc.constantFrom('reject' as const, 'reject' as const, 'dropOldest' as const) }, { requiredKeys: [] }), {
  name: 'limits',
  can: (model) => model.topic !== undefined,
  run: async (model, world, limits) => {
    const { topic } = model;
    assert.ok(topic);
    const { value } = await world.answer(world.broker.topics.ensureTopic({ topic: topic.ref, limits, defaults: { ...topic.limits, maxStreamLen: 3, onFull: 'dropOldest' } }));
    topic.limits = { ...topic.limits, ...limits };
    assert.deepEqual({ ...value.limits }, topic.limits, 'the limits of the topic');
    return JSON.stringify(limits);
  },
});
