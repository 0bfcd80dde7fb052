import { concatMap, defer, forkJoin, map, of, takeLast, type Observable } from 'rxjs';
import { ChronowError } from '../errors.js';
import { checkOptions } from '../options/check-options.js';
import type { DeadLetterRecord, TopicStats } from '../port/inspection.js';
import type { SubscriptionRef, TopicRef } from '../port/names.js';
import type { StoredSubscription, StoredTopic } from '../port/topic-store.js';
import type { WarmStore } from '../port/warm-store.js';
import type { Delivery } from '../subscription/delivery.js';
import type { Client } from '../topic/client.js';
import type { BatchItem } from '../topic/options.js';
import { PayloadCoder } from '../topic/payload-coder.js';
import { subscriptionRef, topicRef, type ScopeOptions } from '../topic/refs.js';
import { policyPatch, startOf } from '../topic/subscribing.js';
import { topicNotFound, TopicDoor } from '../topic/topic-door.js';
import { Topic } from '../topic/topic.js';
import { ConsumedMessages } from './consumed.js';
import { deadLetterItem, peekedItem, replayItem } from './items.js';
import type { BusPublishOptions, ConsumeOptions, DeadLetterItem, EnsureSubscriptionOptions, EnsureTopicOptions, PeekDlqOptions, PeekedItem, PeekOptions, RedriveOptions, ReplayOptions } from './options.js';
import { replay, type ReplayProgress } from './replay.js';
import * as rules from './rules.js';

/** Handles kept for publishing; past it they are made anew. */
const maxHandles = 1_000;

/**
 * The original API: every call a promise, and `consume` an async iterator. It is a thin face on the same rooms as
 * `cw.topic()`; both can be mixed freely.
 *
 * @throws ChronowError from every call: `OPTION_INVALID`, `NAME_INVALID`, `CLOSED`, `LINK_LOST`; other codes are named with the call.
 */
export class Bus {
  readonly #client: Client;
  readonly #warm: Pick<WarmStore, 'readMessages'> | undefined;
  readonly #handles = new Map<string, Topic<unknown>>();

  constructor(client: Client, warm: Pick<WarmStore, 'readMessages'> | undefined) {
    this.#client = client;
    this.#warm = warm;
  }

  /** Makes the topic if it is not there. Rejects with `SHARD_COUNT_CONFLICT`. */
  ensureTopic(topic: string, options: EnsureTopicOptions = {}): Promise<void> {
    return this.#call('ensureTopic', options, rules.ensureTopic, () => this.#door(topic, options).ensureTopic(true));
  }

  /**
   * Makes the subscription if it is not there, and its topic. Options named here are stored, also with one that exists; those left
   * out never change it. Rejects with `POLICY_CONFLICT`, `ORDER_CONFLICT`, `SHARD_COUNT_CONFLICT`.
   */
  ensureSubscription(topic: string, subscription: string, options: EnsureSubscriptionOptions = {}): Promise<void> {
    return this.#call('ensureSubscription', options, rules.ensureSubscription, () => {
      refuseStrictShards(options);
      return this.#door(topic, options).ensureSubscription({
        ref: this.#subscription(topic, subscription, options),
        policy: policyPatch(options),
        startFrom: startOf(options, false, this.#client.defaults.startFrom),
        onConflict: options.onPolicyConflict ?? 'update',
        ephemeral: false,
      }, true).pipe(map(() => undefined));
    });
  }

  /**
   * Stores a message; resolves with its id once the backend has confirmed it. Rejects as `Topic.publish`, and, where the copy in the
   * warm tier is required, with `WARM_NOT_CONFIGURED` or `WARM_FAILED` (the message itself is stored then).
   */
  async publish(topic: string, payload: unknown, options: BusPublishOptions = {}): Promise<string> {
    checkOptions('publish', options, rules.publish);
    const { persistWarmCopy, namespace, tenantId, ...rest } = options;
    const receipt = await this.#handle(topic, { namespace, tenantId }, persistWarmCopy).publish(payload, rest);
    return receipt.id;
  }

  /** Stores several messages, checked as a whole first; resolves with their ids in order. Rejects as `Topic.publishBatch`. */
  async publishBatch(topic: string, items: readonly BatchItem<unknown>[], options: ScopeOptions & { readonly signal?: AbortSignal | undefined } = {}): Promise<string[]> {
    checkOptions('publishBatch', options, rules.scopeAndSignal);
    const { signal, ...scope } = options;
    const receipts = await this.#handle(topic, scope).publishBatch(items, { signal });
    return receipts.map(({ id }) => id);
  }

  /**
   * Messages one by one, for a `for await` loop; see {@link ConsumedMessages}. Each has `ack()`, `nack({ requeue, delayMs })` and
   * `deadLetter(reason)`. Without a settlement it is visible again after the subscription's `visibilityTimeoutMs`.
   *
   * @example
   * ```ts
   * for await (const msg of cw.bus.consume('payments', 'fraud-detector')) {
   *   try { await processPayment(msg.payload); await msg.ack(); }
   *   catch { await msg.nack({ requeue: true }); }
   * }
   * ```
   */
  consume<T = unknown>(topic: string, subscription: string, options: ConsumeOptions = {}): AsyncIterableIterator<Delivery<T>, undefined> {
    checkOptions('consume', options, rules.consume);
    this.#client.assertOpen('consume');
    const { namespace, tenantId, consumerName, prefetch = 1, autoRenew = false, signal } = options;
    const source = new Topic<T>(this.#client, topic, { namespace, tenantId }).subscription(subscription, { maxInFlight: prefetch, consumerName });
    return new ConsumedMessages(source, { autoRenew, signal });
  }

  /** The oldest unsettled messages, without taking them. Rejects with `TOPIC_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`. */
  peek<T = unknown>(topic: string, subscription: string, options: PeekOptions = {}): Promise<PeekedItem<T>[]> {
    return this.#call('peek', options, rules.peek, () => this.#client.broker.inspection
      .peek(this.#subscription(topic, subscription, options), options.limit ?? 10)
      .pipe(map((found) => found.map((peeked) => peekedItem(peeked, this.#coder<T>(topic))))));
  }

  /** Removes what waits or is delayed, for every subscription; what is leased or dead stays. Resolves with how many. Rejects with `TOPIC_NOT_FOUND`. */
  purge(topic: string, options: ScopeOptions = {}): Promise<number> {
    return this.#call('purge', options, rules.scope, () => this.#client.broker.inspection.purge(this.#topic(topic, options)));
  }

  /** Counts; null where the backend cannot know. Rejects with `TOPIC_NOT_FOUND`. */
  stats(topic: string, options: ScopeOptions = {}): Promise<TopicStats> {
    return this.#call('stats', options, rules.scope, () => this.#client.broker.inspection.stats(this.#topic(topic, options)));
  }

  /** Ends a subscription with its messages and dead letters; its consumers end with `SUBSCRIPTION_DELETED`. false: there was none. */
  deleteSubscription(topic: string, subscription: string, options: ScopeOptions = {}): Promise<boolean> {
    return this.#call('deleteSubscription', options, rules.scope, () => this.#client.broker.topics.deleteSubscription(this.#subscription(topic, subscription, options)));
  }

  /** Ends a topic with everything in it. false: there was none. */
  deleteTopic(topic: string, options: ScopeOptions = {}): Promise<boolean> {
    return this.#call('deleteTopic', options, rules.scope, () => this.#client.broker.topics.deleteTopic(this.#topic(topic, options)));
  }

  /** The topics of a namespace and tenant. */
  listTopics(options: ScopeOptions = {}): Promise<readonly StoredTopic[]> {
    return this.#call('listTopics', options, rules.scope, () => {
      const { tenantId, namespace } = topicRef(this.#client.defaults, 'any', options);
      return this.#client.broker.topics.listTopics({ tenantId, namespace });
    });
  }

  /** The subscriptions of a topic, with their stored policies. Rejects with `TOPIC_NOT_FOUND`. */
  listSubscriptions(topic: string, options: ScopeOptions = {}): Promise<readonly StoredSubscription[]> {
    return this.#call('listSubscriptions', options, rules.scope, () => this.#subscriptions(this.#topic(topic, options)));
  }

  /** How many dead letters the topic's subscriptions have together. Rejects with `TOPIC_NOT_FOUND`. */
  dlqLength(topic: string, options: ScopeOptions = {}): Promise<number> {
    return this.#call('dlqLength', options, rules.scope, () => this.#client.broker.inspection.stats(this.#topic(topic, options))
      .pipe(map(({ subscriptions }) => subscriptions.reduce((sum, { dead }) => sum + (dead ?? 0), 0))));
  }

  /** Dead letters of a topic, the oldest death first; at most `limit` (1-10 000). Rejects with `TOPIC_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`. */
  peekDlq<T = unknown>(topic: string, limit = 10, options: PeekDlqOptions = {}): Promise<DeadLetterItem<T>[]> {
    const { subscription, reason } = options;
    return this.#call('peekDlq', { ...options, limit }, rules.peekDlq, () => {
      const { inspection } = this.#client.broker;
      const coder = this.#coder<T>(topic);
      // Those of one reason may stand behind many others.
      const peek = (ref: SubscriptionRef): Observable<readonly DeadLetterRecord[]> => inspection.peekDeadLetters(ref, reason === undefined ? limit : rules.maxPeek);
      const found = subscription === undefined ? this.#perSubscription(this.#topic(topic, options), peek) : peek(this.#subscription(topic, subscription, options)).pipe(map((records) => [records]));
      return found.pipe(map((records) => records.flat()
        .map((record) => deadLetterItem(record, coder))
        .filter((item) => reason === undefined || item.reason === reason)
        .sort((one, other) => one.deadAt - other.deadAt)
        .slice(0, limit)));
    });
  }

  /** Removes the dead letters of all subscriptions of a topic; resolves with how many. Rejects with `TOPIC_NOT_FOUND`. */
  purgeDlq(topic: string, options: ScopeOptions = {}): Promise<number> {
    return this.#call('purgeDlq', options, rules.scope, () => this.#perSubscription(this.#topic(topic, options), (ref) => this.#client.broker.inspection.purgeDeadLetters(ref)).pipe(map(sum)));
  }

  /** Puts dead letters back into their subscriptions with a fresh count; their history stays. Resolves with how many. Rejects with `TOPIC_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`. */
  redriveDlq(topic: string, options: RedriveOptions = {}): Promise<number> {
    const { subscription, ids, reason, max } = options;
    return this.#call('redriveDlq', options, rules.redrive, () => {
      const redrive = (ref: SubscriptionRef): Observable<number> => this.#client.broker.inspection.redrive({ subscription: ref, ids, reason, max });
      if (subscription !== undefined) return redrive(this.#subscription(topic, subscription, options));
      return this.#perSubscription(this.#topic(topic, options), redrive).pipe(map(sum));
    });
  }

  /**
   * Puts messages, settled or not, into one subscription again, the oldest first: what the topic retains, and what only the warm tier has. They are new
   * deliveries, with the id, body, headers, key and publish time that they had; no other subscription gets them. What is not settled there is not doubled, and a
   * dead letter lives again. Resolves with how many messages the subscription has again. Rejects with `TOPIC_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`;
   * `REPLAY_STOPPED` where the filter throws, a tier fails or the subscription goes on the way: `details` says how far it came. `signal` stops it at once.
   */
  replay(topic: string, subscription: string, options: ReplayOptions = {}): Promise<number> {
    const { signal, ...rest } = options;
    return this.#call('replay', options, rules.replay, () => this.replay$(topic, subscription, rest).pipe(takeLast(1), map(({ replayed }) => replayed)), signal);
  }

  /**
   * The cold twin of {@link Bus.replay}: each subscribe is a replay of its own. Emits how far it has come after each portion, once at least, and completes.
   * Unsubscribing stops it at once; what was put back stays. Errors as `replay` rejects.
   */
  replay$(topic: string, subscription: string, options: ReplayOptions = {}): Observable<ReplayProgress> {
    return defer(() => {
      this.#client.assertOpen('replay');
      checkOptions('replay', options, rules.replay);
      const { from = 0, to = this.#client.runtime.now(), filter, rate = Infinity } = options;
      const coder = this.#coder<unknown>(topic);
      return replay({ inspection: this.#client.broker.inspection, warm: this.#warm, runtime: this.#client.runtime }, {
        subscription: this.#subscription(topic, subscription, options),
        from: Number(from),
        to: Number(to),
        rate,
        filter: (message) => filter === undefined || chosen(filter(replayItem(message, coder))),
      });
    });
  }

  // -- inside --------------------------------------------------------------------------------------------------------

  #call<R>(call: string, options: object, rule: rules.Rules, command: () => Observable<R>, signal?: AbortSignal): Promise<R> {
    return this.#client.promises.of(defer(() => {
      checkOptions(call, options, rule);
      this.#client.assertOpen(call);
      return command();
    }), signal);
  }

  #topic(topic: string, scope: ScopeOptions): TopicRef {
    return topicRef(this.#client.defaults, topic, scope);
  }

  #subscription(topic: string, subscription: string, scope: ScopeOptions): SubscriptionRef {
    return subscriptionRef(this.#topic(topic, scope), subscription);
  }

  #door(topic: string, options: EnsureTopicOptions): TopicDoor {
    return new TopicDoor(this.#client, this.#topic(topic, options), { shardCount: options.shardCount });
  }

  #coder<T>(topic: string): PayloadCoder<T> {
    return new PayloadCoder(this.#client, `a payload of topic ${topic}`, undefined, undefined);
  }

  #subscriptions(ref: TopicRef): Observable<readonly StoredSubscription[]> {
    const { topics } = this.#client.broker;
    return topics.findTopic(ref).pipe(concatMap((found) => {
      if (found === undefined) throw topicNotFound(ref);
      return topics.listSubscriptions(ref);
    }));
  }

  #perSubscription<R>(ref: TopicRef, command: (subscription: SubscriptionRef) => Observable<R>): Observable<readonly R[]> {
    return this.#subscriptions(ref).pipe(concatMap((found) => (found.length === 0 ? of([]) : forkJoin(found.map((stored) => command(stored.ref))))));
  }

  /** Handles are made once: publishing one by one would otherwise check names and make one each time. */
  #handle(topic: string, { namespace, tenantId }: ScopeOptions, copying?: boolean | 'required'): Topic<unknown> {
    const key = JSON.stringify([tenantId, namespace, topic, copying]);
    let handle = this.#handles.get(key);
    if (handle === undefined) {
      if (this.#handles.size === maxHandles) this.#handles.clear();
      handle = new Topic(copying === undefined ? this.#client : this.#client.copying(copying), topic, { namespace, tenantId });
      this.#handles.set(key, handle);
    }
    return handle;
  }
}

/** Asked for together they are refused before the topic is made. */
function refuseStrictShards({ order, shardCount = 1 }: EnsureSubscriptionOptions): void {
  if (order === 'strict' && shardCount > 1) throw new ChronowError('ORDER_CONFLICT', `ensureSubscription({ order: 'strict', shardCount: ${String(shardCount)} }): a strict order is that of one shard; use order: 'key', or one shard`);
}

/** A promise would be true for every message. */
function chosen(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new ChronowError('OPTION_INVALID', `replay({ filter }): answers true or false, and answered ${typeof answer}`);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
