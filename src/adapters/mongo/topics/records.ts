import type { SubscriptionRef, TopicRef } from '../../../port/names.js';
import type { Order, SubscriptionPolicy, TopicLimits } from '../../../port/policy.js';
import type { Context } from '../context.js';

/** A topic as it is stored. */
export interface TopicRecord {
  readonly ref: TopicRef;
  /** The incarnation: `t` of its messages and pointers. */
  readonly id: string;
  readonly limits: TopicLimits;
  /** Somebody named the number of shards, which fixes it. */
  readonly shardsNamed: boolean;
  /** The sequence number that was given last. */
  readonly seq: number;
  /** The server's time at the latest publish, ms. */
  readonly publishedAt: number;
}

/** A subscription as it is stored. */
export interface SubscriptionRecord {
  readonly ref: SubscriptionRef;
  /** `s` of its pointers; a subscription that is made again has another. */
  readonly id: string;
  readonly topicId: string;
  readonly policy: SubscriptionPolicy;
  /** Grows with every change of the policy. */
  readonly version: number;
  readonly ephemeral: boolean;
  /** When it was made, ms. */
  readonly createdAt: number;
  /** What came after this sequence number got its pointers from its publish. */
  readonly born: number;
  /** Pointers to what came before are still being made. */
  readonly fill: Fill | undefined;
  /** Of an ephemeral one: when each of its consumers was last seen, ms. */
  readonly consumers: ReadonlyMap<string, number>;
}

/** Which earlier messages a new subscription gets, and when that was begun (ms). */
export interface Fill {
  /** From this publish time on; undefined: only what is scheduled. */
  readonly from: Date | undefined;
  readonly since: number;
}

/** A topic with everything that is stored about it, read in one step. */
export interface TopicOverview {
  readonly topic: TopicRecord;
  readonly subscriptions: readonly SubscriptionRecord[];
}

/** Moves what a subscription holds into the shape of another order, or out of it. The new policy is stored already; consumers are woken afterwards. */
export type ConvertOrder = (context: Context, record: SubscriptionRecord, from: Order, to: Order) => Promise<void>;

/** Tells the consumers of this process; others hear of it by themselves. */
export type PolicyChanged = (record: SubscriptionRecord) => void;
