import assert from 'node:assert/strict';
import type { LimitsPatch, PolicyPatch, TopicLimits } from '../../src/port/policy.js';
import { ensure } from './commands/policy.js';
import type { Model } from './model.js';
import { TopicModel } from './state/topic-model.js';
import type { World } from './world.js';

export const baseLimits: TopicLimits = { maxStreamLen: 1_000, onFull: 'reject', retentionMs: 604_800_000, idempotencyWindowMs: 3_000, shardCount: 1 };

/** What a sequence begins with. */
export interface Opening {
  readonly limits: LimitsPatch;
  readonly policies: { readonly s: PolicyPatch; readonly u: PolicyPatch };
}

/** A topic with two subscriptions. */
export async function openTopic(model: Model, world: World, { limits, policies }: Opening): Promise<void> {
  const ref = { ...model.scope, topic: 'orders' };
  const { value } = await world.answer(world.broker.topics.ensureTopic({ topic: ref, limits, defaults: baseLimits }));
  assert.equal(value.created, true, 'the topic was there already');
  model.topic = new TopicModel(ref, value.limits);
  await ensure(model, world, { subscription: 's', policy: policies.s, startFrom: 'earliest', isStrict: false });
  await ensure(model, world, { subscription: 'u', policy: policies.u, startFrom: 'earliest', isStrict: false });
}
