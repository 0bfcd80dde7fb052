import { concatMap, defer, map, of, type Observable } from 'rxjs';
import { ChronowError } from '../errors.js';
import type { SubscriptionRef, TopicRef } from '../port/names.js';
import type { LimitsPatch, PolicyPatch, StartPosition } from '../port/policy.js';
import type { Client } from './client.js';

/** How a subscription is to be there. */
export interface SubscriptionWish {
  readonly ref: SubscriptionRef;
  readonly policy: PolicyPatch;
  readonly startFrom: StartPosition;
  readonly onConflict: 'update' | 'error';
  readonly ephemeral: boolean;
}

/** Sees to it that a topic, and its subscriptions, are there: made on first use, or required where `autoCreate` is off. */
export class TopicDoor {
  readonly #client: Client;
  readonly #ref: TopicRef;
  readonly #limits: LimitsPatch;
  /** Limits were named: they must be written before the first publish. */
  #pending: boolean;

  constructor(client: Client, ref: TopicRef, limits: LimitsPatch) {
    this.#client = client;
    this.#ref = ref;
    this.#limits = limits;
    this.#pending = Object.values(limits).some((limit) => limit !== undefined);
  }

  /** Whether a publish has to ask for the topic first. A backend makes an unknown one by itself, with the client's defaults. */
  get mustAsk(): boolean {
    return this.#pending || !this.#client.defaults.autoCreate;
  }

  /** Answers when the topic is there. Errors: `TOPIC_NOT_FOUND`, `SHARD_COUNT_CONFLICT`. */
  ensureTopic(create: boolean = this.#client.defaults.autoCreate): Observable<void> {
    const { topics } = this.#client.broker;
    if (!create) return defer(() => topics.findTopic(this.#ref)).pipe(map((found) => { if (found === undefined) throw topicNotFound(this.#ref); }));
    return defer(() => topics.ensureTopic({ topic: this.#ref, limits: this.#limits, defaults: this.#client.defaults.limits })).pipe(map(() => { this.#pending = false; }));
  }

  /** Answers when the subscription is there, with the named options stored. Errors: also `SUBSCRIPTION_NOT_FOUND`, `POLICY_CONFLICT`, `ORDER_CONFLICT`. */
  ensureSubscription(wish: SubscriptionWish, create: boolean = this.#client.defaults.autoCreate || wish.ephemeral): Observable<SubscriptionRef> {
    const { topics } = this.#client.broker;
    const exists = create ? of(undefined) : defer(() => topics.findSubscription(wish.ref)).pipe(map((found) => { if (found === undefined) throw subscriptionNotFound(wish.ref); }));
    return this.ensureTopic(create && this.#client.defaults.autoCreate).pipe(
      concatMap(() => exists),
      concatMap(() => topics.ensureSubscription({
        subscription: wish.ref,
        policy: wish.policy,
        defaults: this.#client.defaults.policy,
        startFrom: wish.startFrom,
        onConflict: wish.onConflict,
        ephemeral: wish.ephemeral,
        client: this.#client.id,
      })),
      map(({ ref }) => ref),
    );
  }
}

export function topicNotFound({ topic }: TopicRef): ChronowError {
  return new ChronowError('TOPIC_NOT_FOUND', `topic ${topic} does not exist; publish to it or call bus.ensureTopic() first`, { details: { topic } });
}

export function subscriptionNotFound({ topic, subscription }: SubscriptionRef): ChronowError {
  return new ChronowError('SUBSCRIPTION_NOT_FOUND', `subscription ${subscription} of topic ${topic} does not exist; call bus.ensureSubscription() first`, { details: { topic, subscription } });
}
