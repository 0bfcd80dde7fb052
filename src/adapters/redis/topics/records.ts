import type { SubscriptionRef, TopicRef } from '../../../port/names.js';
import type { Order, SubscriptionPolicy, TopicLimits } from '../../../port/policy.js';
import type { Context } from '../context.js';

/** A topic as it is stored. */
export interface TopicRecord {
  readonly ref: TopicRef;
  readonly limits: TopicLimits;
  readonly shardCount: number;
  /** Somebody named the number of shards, which fixes it. */
  readonly shardsNamed: boolean;
}

/** A subscription as it is stored. */
export interface SubscriptionRecord {
  readonly ref: SubscriptionRef;
  readonly policy: SubscriptionPolicy;
  /** Grows with every change of the policy. */
  readonly version: number;
  readonly ephemeral: boolean;
  /** When it was made, ms. */
  readonly createdAt: number;
  /** The name of its consumer group. */
  readonly group: string;
  /** Of the topic. */
  readonly shardCount: number;
}

/** A topic with everything that is stored about it, read in one step. */
export interface TopicOverview {
  readonly topic: TopicRecord;
  /** Grows with every subscription that is made, changed or deleted. */
  readonly subscriptionsVersion: number;
  readonly subscriptions: readonly SubscriptionRecord[];
}

/** Moves what one shard of a subscription holds into the keys of another order, or out of them (order/convert.ts). */
export type ConvertOrder = (context: Context, ref: SubscriptionRef, shard: number, from: Order, to: Order) => Promise<void>;

/** Tells the consumers of this process; others hear of it by the channel of the topic. */
export type PolicyChanged = (record: SubscriptionRecord) => void;
