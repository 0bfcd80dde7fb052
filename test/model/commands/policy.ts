import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EnsureSubscription } from '../../../src/port/topic-store.js';
import type { PolicyPatch, StartPosition, SubscriptionPolicy } from '../../../src/port/policy.js';
import { command } from '../command.js';
import type { Command } from '../command.js';
import type { Model } from '../model.js';
import { adopt, calm } from '../rules/looking.js';
import { SubscriptionModel } from '../state/subscription-model.js';
import type { World } from '../world.js';

export const basePolicy: SubscriptionPolicy = { visibilityTimeoutMs: 1_000, maxDeliveries: 3, retryBackoffMs: [100, 250], deadLetterEnabled: true, order: 'none', expired: 'dead-letter' };

/** Every option, named or left out. */
export const patch: fc.Arbitrary<PolicyPatch> = fc.record(
  {
    visibilityTimeoutMs: fc.constantFrom(600, 1_000, 2_000),
    maxDeliveries: fc.constantFrom(1, 2, 3, 4),
    retryBackoffMs: fc.constantFrom([100, 250], [0], [700], [50, 0, 400]),
    deadLetterEnabled: fc.constantFrom(true, true, false),
    order: fc.constantFrom('none' as const, 'key' as const, 'key' as const, 'strict' as const),
    expired: fc.constantFrom('dead-letter' as const, 'drop' as const),
  },
  { requiredKeys: [] },
);

/** What a client of another version would make of options that nobody named. */
const otherDefaults: SubscriptionPolicy = { visibilityTimeoutMs: 5_000, maxDeliveries: 9, retryBackoffMs: [1], deadLetterEnabled: false, order: 'strict', expired: 'drop' };

export function patched(policy: SubscriptionPolicy, named: PolicyPatch): SubscriptionPolicy {
  return {
    visibilityTimeoutMs: named.visibilityTimeoutMs ?? policy.visibilityTimeoutMs,
    maxDeliveries: named.maxDeliveries ?? policy.maxDeliveries,
    retryBackoffMs: named.retryBackoffMs ?? policy.retryBackoffMs,
    deadLetterEnabled: named.deadLetterEnabled ?? policy.deadLetterEnabled,
    order: named.order ?? policy.order,
    expired: named.expired ?? policy.expired,
  };
}

const isSame = (left: SubscriptionPolicy, right: SubscriptionPolicy): boolean => JSON.stringify(patched(left, {})) === JSON.stringify(patched(right, {}));

export interface Ensured {
  readonly subscription: string;
  readonly policy: PolicyPatch;
  readonly startFrom: StartPosition;
  readonly isStrict: boolean;
}

/** Makes a subscription, or changes one that exists. */
export async function ensure(model: Model, world: World, { subscription, policy, startFrom, isStrict }: Ensured): Promise<string> {
  const { topic } = model;
  assert.ok(topic);
  const ref = { ...topic.ref, subscription };
  const found = topic.subscriptions.get(subscription);
  const defaults = found === undefined ? basePolicy : otherDefaults;
  const request: EnsureSubscription = { subscription: ref, policy, defaults, startFrom, onConflict: isStrict ? 'error' : 'update', ephemeral: false, client: 'model' };
  if (found === undefined) await calm(model, world, topic);
  const changes = model.policyChanges;
  const { value, refused, now } = await world.ask(world.broker.topics.ensureSubscription(request), 'POLICY_CONFLICT');
  const wanted = patched(found?.policy ?? defaults, policy);
  const isChanged = found !== undefined && !isSame(found.policy, wanted);
  assert.equal(refused !== undefined, isStrict && isChanged, `whether the policy ${JSON.stringify(policy)} is refused`);
  if (value === undefined) return 'refused';
  assert.equal(value.created, found === undefined, `whether ${subscription} was created`);
  assert.deepEqual(patched(value.policy, {}), wanted, `the policy of ${subscription}`);
  model.hear(world.events());
  assert.equal(model.policyChanges - changes, isChanged ? 1 : 0, `whether a change of policy was told`);
  if (found === undefined) {
    const sub = new SubscriptionModel(ref, wanted);
    await adopt(topic, sub, world, startFrom, now);
    topic.subscriptions.set(subscription, sub);
    return `created with ${sub.fates.size}`;
  }
  // A claim that waits may be answered by the new policy at once, so it holds from where it was told.
  assert.deepEqual(patched(found.policy, {}), wanted, `the policy of ${subscription}, as told`);
  return isChanged ? 'changed' : 'as it was';
}

export const changePolicy: fc.Arbitrary<Command> = command(fc.record({ subscription: fc.constantFrom('s', 's', 'u'), policy: patch, isStrict: fc.constantFrom(false, false, false, true), startFrom: fc.constantFrom<('earliest' | 'latest')[]>('earliest', 'latest') }), {
  name: 'ensure subscription',
  can: (model) => model.topic !== undefined,
  run: ensure,
});

/** The order alone, again and again. */
export const changeOrder: fc.Arbitrary<Command> = command(fc.constantFrom('none' as const, 'key' as const, 'strict' as const), {
  name: 'order',
  can: (model) => model.topic !== undefined,
  run: (model, world, order) => ensure(model, world, { subscription: 's', policy: { order }, startFrom: 'earliest', isStrict: false }),
});

