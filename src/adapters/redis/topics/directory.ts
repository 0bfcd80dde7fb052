import type { Observable } from 'rxjs';
import type { Scope, SubscriptionRef, TopicRef } from '../../../port/names.js';
import type { Order } from '../../../port/policy.js';
import type { EnsureSubscription, EnsureTopic, StoredSubscription, StoredTopic, TopicStore } from '../../../port/topic-store.js';
import type { Context } from '../context.js';
import type { SubscriptionRecord, TopicOverview, TopicRecord } from './records.js';

/** Moves what one shard of a subscription holds into the keys of another order, or out of them (order/convert.ts). */
export type ConvertOrder = (context: Context, ref: SubscriptionRef, shard: number, from: Order, to: Order) => Promise<void>;

/** Topics and subscriptions as they are stored in Redis. */
export class Directory implements TopicStore {
  constructor(_context: Context, _convertOrder: ConvertOrder) {
    throw new Error('not built yet');
  }

  ensureTopic(_request: EnsureTopic): Observable<StoredTopic> { throw new Error('not built yet'); }
  findTopic(_ref: TopicRef): Observable<StoredTopic | undefined> { throw new Error('not built yet'); }
  listTopics(_scope: Scope): Observable<readonly StoredTopic[]> { throw new Error('not built yet'); }
  deleteTopic(_ref: TopicRef): Observable<boolean> { throw new Error('not built yet'); }
  ensureSubscription(_request: EnsureSubscription): Observable<StoredSubscription> { throw new Error('not built yet'); }
  findSubscription(_ref: SubscriptionRef): Observable<StoredSubscription | undefined> { throw new Error('not built yet'); }
  listSubscriptions(_ref: TopicRef): Observable<readonly StoredSubscription[]> { throw new Error('not built yet'); }
  deleteSubscription(_ref: SubscriptionRef): Observable<boolean> { throw new Error('not built yet'); }

  /** The topic as last seen, from this process's memory where it is there. Errors: `FORMAT_TOO_NEW`, `LEGACY_DATA`. */
  topic(_ref: TopicRef): Promise<TopicRecord | undefined> { throw new Error('not built yet'); }
  /** Drops what is remembered of a topic: a script answered that it is stale. */
  forget(_ref: TopicRef): void { throw new Error('not built yet'); }
  /** The topic and all its subscriptions, fresh. */
  overview(_ref: TopicRef): Promise<TopicOverview | undefined> { throw new Error('not built yet'); }
  /** Finds a topic, or creates it with the defaults of the context. */
  openTopic(_ref: TopicRef): Promise<TopicRecord> { throw new Error('not built yet'); }
  /** A subscription, fresh; undefined where it or its topic does not exist. */
  subscription(_ref: SubscriptionRef): Promise<SubscriptionRecord | undefined> { throw new Error('not built yet'); }
  /**
   * After NOGROUP: makes groups and companions of one shard again, from the settled floor, or from the beginning with a `store-lost` event.
   * false: the subscription was deleted.
   */
  revive(_ref: SubscriptionRef, _shard: number): Promise<boolean> { throw new Error('not built yet'); }
  /** After the last script of a consumer that leaves: an ephemeral subscription in which nobody is seen any more ends. */
  left(_ref: SubscriptionRef): Promise<void> { throw new Error('not built yet'); }
}
