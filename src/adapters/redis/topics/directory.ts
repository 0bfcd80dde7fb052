import type { Observable } from 'rxjs';
import { defer } from 'rxjs';
import type { Scope, SubscriptionRef, TopicRef } from '../../../port/names.js';
import type { EnsureSubscription, EnsureTopic, StoredSubscription, StoredTopic, TopicStore } from '../../../port/topic-store.js';
import type { Context } from '../context.js';
import type { ConvertOrder, PolicyChanged, SubscriptionRecord, TopicOverview, TopicRecord } from './records.js';
import { stored, SubscriptionCatalog } from './subscription-catalog.js';
import { TopicCatalog } from './topic-catalog.js';

export type { ConvertOrder } from './records.js';

/** Topics and subscriptions as they are stored in Redis. */
export class Directory implements TopicStore {
  readonly #context: Context;
  readonly #topics: TopicCatalog;
  readonly #subscriptions: SubscriptionCatalog;
  readonly #opening: Map<string, Promise<TopicRecord>> = new Map();

  constructor(context: Context, convertOrder: ConvertOrder, changed: PolicyChanged) {
    this.#context = context;
    this.#topics = new TopicCatalog(context);
    this.#subscriptions = new SubscriptionCatalog(context, this.#topics, convertOrder, changed);
  }

  ensureTopic(request: EnsureTopic): Observable<StoredTopic> {
    return defer(async () => {
      const topic = await this.#topics.ensure(request);
      if (!topic.created && topic.limits.shardCount > 1) await this.#subscriptions.align((await this.overview(request.topic))?.subscriptions ?? []);
      return topic;
    });
  }

  findTopic(ref: TopicRef): Observable<StoredTopic | undefined> {
    return defer(async () => {
      const found = await this.#topics.overview(ref);
      return found === undefined ? undefined : { ref, limits: found.topic.limits, created: false };
    });
  }

  listTopics(scope: Scope): Observable<readonly StoredTopic[]> {
    return defer(() => this.#topics.list(scope));
  }

  deleteTopic(ref: TopicRef): Observable<boolean> {
    return defer(() => this.#topics.delete(ref));
  }

  ensureSubscription(request: EnsureSubscription): Observable<StoredSubscription> {
    return defer(() => this.#subscriptions.ensure(request));
  }

  findSubscription(ref: SubscriptionRef): Observable<StoredSubscription | undefined> {
    return defer(async () => {
      const found = await this.subscription(ref);
      return found === undefined ? undefined : stored(found, false);
    });
  }

  listSubscriptions(ref: TopicRef): Observable<readonly StoredSubscription[]> {
    return defer(async () => ((await this.overview(ref))?.subscriptions ?? []).map((one) => stored(one, false)));
  }

  deleteSubscription(ref: SubscriptionRef): Observable<boolean> {
    return defer(async () => {
      const topic = (await this.overview(ref))?.topic;
      return topic !== undefined && this.#subscriptions.delete(ref, topic.shardCount, '');
    });
  }

  /** The topic as last seen, from this process's memory where it is there. Errors: `FORMAT_TOO_NEW`. */
  topic(ref: TopicRef): Promise<TopicRecord | undefined> {
    return this.#topics.cached(ref);
  }

  /** Drops what is remembered of a topic: a script answered that it is stale. */
  forget(ref: TopicRef): void {
    this.#topics.forget(ref);
  }

  /** The topic and all its subscriptions, fresh; as a shard above 0 has them, where one is named. */
  overview(ref: TopicRef, shard = 0): Promise<TopicOverview | undefined> {
    return this.#topics.overview(ref, shard);
  }

  /** Finds a topic, or creates it with the defaults of the context. Errors: `FORMAT_TOO_NEW`, `LEGACY_DATA`. */
  openTopic(ref: TopicRef): Promise<TopicRecord> {
    const key = this.#context.keys.topicKey(ref);
    const opening = this.#opening.get(key) ?? this.#open(ref).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  /** A subscription, fresh; undefined where it or its topic does not exist. */
  subscription(ref: SubscriptionRef): Promise<SubscriptionRecord | undefined> {
    return this.#subscriptions.find(ref);
  }

  /**
   * After NOGROUP: makes groups and companions of one shard again, from the settled floor, or from the beginning with a `store-lost` event.
   * false: the subscription was deleted.
   */
  revive(ref: SubscriptionRef, shard: number): Promise<boolean> {
    return this.#subscriptions.revive(ref, shard);
  }

  /** After the last script of a consumer that leaves: an ephemeral subscription in which nobody is seen any more ends. */
  async left(ref: SubscriptionRef): Promise<void> {
    const found = await this.subscription(ref);
    if (found?.ephemeral === true) await this.#subscriptions.delete(ref, found.shardCount, 'unseen');
  }

  /** Ends an ephemeral subscription in which nobody was seen for `ms`. */
  async expire({ ref, shardCount }: SubscriptionRecord, ms: number): Promise<boolean> {
    return this.#subscriptions.delete(ref, shardCount, ms);
  }

  async #open(ref: TopicRef): Promise<TopicRecord> {
    const found = await this.#topics.cached(ref);
    if (found?.shardCount === 1) return found;
    // Also where there are several shards: whoever made the topic may have stopped half-way.
    const { limits, created } = await this.#topics.ensure({ topic: ref, limits: {}, defaults: this.#context.limits });
    if (!created) await this.#subscriptions.align((await this.overview(ref))?.subscriptions ?? []);
    return (await this.#topics.cached(ref)) ?? { ref, limits, shardCount: limits.shardCount, shardsNamed: false };
  }
}
