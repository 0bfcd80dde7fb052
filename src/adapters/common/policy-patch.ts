import type { LimitsPatch, PolicyPatch, SubscriptionPolicy, TopicLimits } from '../../port/policy.js';

/** `stored` with what was named; a member that is undefined was not named. */
export function patchedPolicy(stored: SubscriptionPolicy, patch: PolicyPatch): SubscriptionPolicy {
  return {
    visibilityTimeoutMs: patch.visibilityTimeoutMs ?? stored.visibilityTimeoutMs,
    maxDeliveries: patch.maxDeliveries ?? stored.maxDeliveries,
    retryBackoffMs: patch.retryBackoffMs ?? stored.retryBackoffMs,
    deadLetterEnabled: patch.deadLetterEnabled ?? stored.deadLetterEnabled,
    order: patch.order ?? stored.order,
    expired: patch.expired ?? stored.expired,
  };
}

export function patchedLimits(stored: TopicLimits, patch: LimitsPatch): TopicLimits {
  return {
    maxStreamLen: patch.maxStreamLen ?? stored.maxStreamLen,
    onFull: patch.onFull ?? stored.onFull,
    retentionMs: patch.retentionMs ?? stored.retentionMs,
    idempotencyWindowMs: patch.idempotencyWindowMs ?? stored.idempotencyWindowMs,
    shardCount: patch.shardCount ?? stored.shardCount,
  };
}

/** The members of a policy that differ. */
export function differing(before: SubscriptionPolicy, after: SubscriptionPolicy): (keyof SubscriptionPolicy)[] {
  const names: readonly (keyof SubscriptionPolicy)[] = ['visibilityTimeoutMs', 'maxDeliveries', 'retryBackoffMs', 'deadLetterEnabled', 'order', 'expired'];
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}
