import type { Observable } from 'rxjs';
import { defer } from 'rxjs';
import type { Scope, SubscriptionRef, TopicRef } from '../../../port/names.js';
import type { EnsureSubscription, EnsureTopic, StoredSubscription, StoredTopic, TopicStore } from '../../../port/topic-store.js';
import type { Context } from '../context.js';
import { Presence } from './presence.js';
import type { ConvertOrder, PolicyChanged, SubscriptionRecord, TopicOverview } from './records.js';
import { stored, SubscriptionCatalog } from './subscription-catalog.js';
import { TopicCatalog } from './topic-catalog.js';

/** Topics and subscriptions as they are stored in MongoDB. Nothing is remembered here: a publish reads the topic anyhow, and a change counts at once. */
export class Directory implements TopicStore {
  readonly #context: Context;
  readonly #topics: TopicCatalog;
  readonly #subscriptions: SubscriptionCatalog;
  readonly #presence: Presence;
  readonly #opening: Map<string, Promise<void>> = new Map();

  constructor(context: Context, convertOrder: ConvertOrder, changed: PolicyChanged) {
    this.#context = context;
    this.#topics = new TopicCatalog(context);
    this.#subscriptions = new SubscriptionCatalog(context, this.#topics, convertOrder, changed);
    this.#presence = new Presence(context);
  }

  ensureTopic(request: EnsureTopic): Observable<StoredTopic> {
    return defer(() => this.#topics.ensure(request));
  }

  findTopic(ref: TopicRef): Observable<StoredTopic | undefined> {
    return defer(async () => {
      const found = await this.overview(ref);
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
      const found = (await this.overview(ref))?.subscriptions.find((one) => one.ref.subscription === ref.subscription);
      return found !== undefined && this.#subscriptions.delete(found, 'always');
    });
  }

  /** The topic and all its subscriptions, fresh. Errors: `FORMAT_TOO_NEW`, `FOREIGN_VALUE`. */
  overview(ref: TopicRef): Promise<TopicOverview | undefined> {
    return this.#topics.overview(ref);
  }

  /** Makes a topic that is missing, with the defaults of the context. */
  openTopic(ref: TopicRef): Promise<void> {
    const key = this.#topics.key(ref);
    const opening = this.#opening.get(key) ?? this.#topics.ensure({ topic: ref, limits: {}, defaults: this.#context.limits }).then(() => undefined).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  /** A subscription, fresh; undefined where it or its topic does not exist. Waits until it has pointers to everything that it begins with. */
  subscription(ref: SubscriptionRef): Promise<SubscriptionRecord | undefined> {
    return this.#subscriptions.find(ref);
  }

  /** A consumer is there, or still there: to be told now and then by consumers of an ephemeral subscription, several times in a lease. false: it is gone. */
  seen(record: SubscriptionRecord, consumerId: string): Promise<boolean> {
    return this.#presence.seen(record, consumerId);
  }

  /** A consumer leaves: an ephemeral subscription ends with its last one. */
  async left(record: SubscriptionRecord, consumerId: string): Promise<void> {
    if (!record.ephemeral) return;
    await this.#presence.left(record, consumerId);
    await this.#subscriptions.delete(record, 'unseen');
  }

  /** Ends an ephemeral subscription in which nobody was seen for `ms`. */
  expire(record: SubscriptionRecord, ms: number): Promise<boolean> {
    return this.#subscriptions.delete(record, ms);
  }

  /** Removes what is left of a subscription, or of a topic, that is gone. */
  async clear(gone: { readonly subscriptionId: string } | { readonly topicId: string }): Promise<void> {
    if ('topicId' in gone) await this.#topics.clear(gone.topicId, []);
    else await this.#subscriptions.clear(gone.subscriptionId);
  }
}
