import { ChronowError } from '../../errors.js';
import type { SubscriptionRef, TopicRef } from '../../port/names.js';
import type { Order } from '../../port/policy.js';

export function topicNotFound({ topic }: TopicRef): ChronowError {
  return new ChronowError('TOPIC_NOT_FOUND', `topic "${topic}" does not exist; publish to it or create it first.`, { details: { topic } });
}

export function subscriptionNotFound({ topic, subscription }: SubscriptionRef): ChronowError {
  return new ChronowError('SUBSCRIPTION_NOT_FOUND', `topic "${topic}" has no subscription "${subscription}"; create it first.`, { details: { topic, subscription } });
}

export function subscriptionDeleted({ topic, subscription }: SubscriptionRef): ChronowError {
  return new ChronowError('SUBSCRIPTION_DELETED', `subscription "${subscription}" of topic "${topic}" was deleted; create it again to consume from it.`, { details: { topic, subscription } });
}

export function policyConflict({ topic, subscription }: SubscriptionRef, differing: readonly string[]): ChronowError {
  return new ChronowError('POLICY_CONFLICT', `subscription "${subscription}" of topic "${topic}" is stored with other values of ${differing.join(', ')}; use the stored ones, or let onPolicyConflict be 'update'.`, {
    details: { topic, subscription, differing },
  });
}

export function shardCountConflict({ topic }: TopicRef, stored: number, asked: number): ChronowError {
  return new ChronowError('SHARD_COUNT_CONFLICT', `topic "${topic}" has shardCount ${stored}, ${asked} was asked for; the first to name it fixes it, and it never gets smaller. Leave it out or name the stored value.`, {
    details: { topic, stored, asked },
  });
}

/** Refuses 'strict' where there is more than one shard. */
export function checkOrder({ topic }: TopicRef, order: Order, shardCount: number): void {
  if (order !== 'strict' || shardCount <= 1) return;
  throw new ChronowError('ORDER_CONFLICT', `order 'strict' needs a topic with shardCount 1, topic "${topic}" has ${shardCount}; use order 'key' or another topic.`, { details: { topic, shardCount } });
}
