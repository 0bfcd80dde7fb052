import type { Observable } from 'rxjs';
import type { Scope, SubscriptionRef, TopicRef } from './names.js';
import type { LimitsPatch, PolicyPatch, StartPosition, SubscriptionPolicy, TopicLimits } from './policy.js';

export interface EnsureTopic {
  readonly topic: TopicRef;
  /** What was named explicitly: it is written to the store. */
  readonly limits: LimitsPatch;
  /** What a new topic gets where nothing was named. */
  readonly defaults: TopicLimits;
}

export interface StoredTopic {
  readonly ref: TopicRef;
  readonly limits: TopicLimits;
  readonly created: boolean;
}

export interface EnsureSubscription {
  readonly subscription: SubscriptionRef;
  readonly policy: PolicyPatch;
  readonly defaults: SubscriptionPolicy;
  /** Counts only at creation. */
  readonly startFrom: StartPosition;
  /** `error`: a named option that differs from the stored one is refused with `POLICY_CONFLICT`. */
  readonly onConflict: 'update' | 'error';
  /** Ends with its last consumer, or by expiry after a crash; holds nothing back. */
  readonly ephemeral: boolean;
  /** Who asks, for the `policy-changed` event. */
  readonly client: string;
}

export interface StoredSubscription {
  readonly ref: SubscriptionRef;
  readonly policy: SubscriptionPolicy;
  readonly ephemeral: boolean;
  readonly created: boolean;
}

/** Topics and subscriptions as things that are stored. */
export interface TopicStore {
  /** Errors: `SHARD_COUNT_CONFLICT`. */
  ensureTopic(request: EnsureTopic): Observable<StoredTopic>;
  /** Answers undefined for an unknown topic. */
  findTopic(ref: TopicRef): Observable<StoredTopic | undefined>;
  listTopics(scope: Scope): Observable<readonly StoredTopic[]>;
  /** Removes the topic with its subscriptions, messages and dead letters; false when there was none. */
  deleteTopic(ref: TopicRef): Observable<boolean>;
  /** The topic must exist. Errors: `TOPIC_NOT_FOUND`, `POLICY_CONFLICT`, `ORDER_CONFLICT`. */
  ensureSubscription(request: EnsureSubscription): Observable<StoredSubscription>;
  findSubscription(ref: SubscriptionRef): Observable<StoredSubscription | undefined>;
  listSubscriptions(ref: TopicRef): Observable<readonly StoredSubscription[]>;
  /** Its consumers end with `SUBSCRIPTION_DELETED`; false when there was none. */
  deleteSubscription(ref: SubscriptionRef): Observable<boolean>;
}
