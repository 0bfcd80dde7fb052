import type { Observable } from 'rxjs';
import type { ConsumerIdentity, ConsumerLink, DeliveryStore } from '../../port/delivery-store.js';
import type { Scope, SubscriptionRef, TopicRef } from '../../port/names.js';
import type { LimitsPatch, SubscriptionPolicy, TopicLimits } from '../../port/policy.js';
import type { EnsureSubscription, EnsureTopic, StoredSubscription, StoredTopic, TopicStore } from '../../port/topic-store.js';
import type { Bell } from './bell.js';
import type { Gate } from './gate.js';
import { MemoryLink } from './link.js';
import { differing, merged } from './patch.js';
import { Intake } from './publish.js';
import { checkOrder, policyConflict, shardCountConflict, subscriptionNotFound, topicNotFound } from './refusals.js';
import { Resends } from './resends.js';
import { Scoped } from './scoped.js';
import type { SubscriptionState } from './subscription.js';
import { TopicState } from './topic.js';
import type { Numbering } from './topic.js';
import { applyPolicy } from './upkeep.js';

/** All topics and their subscriptions. */
export class Directory implements TopicStore, DeliveryStore {
  readonly #topics: Scoped<Intake> = new Scoped();
  readonly #resends = new Resends();
  readonly #gate: Gate;
  readonly #bell: Bell;
  readonly #defaults: TopicLimits;
  #numbering: Numbering;

  constructor(gate: Gate, bell: Bell, defaults: TopicLimits, idPrefix: string) {
    this.#gate = gate;
    this.#bell = bell;
    this.#defaults = defaults;
    this.#numbering = { idPrefix, topic: 0, firstSeq: 1, firstScheduled: 0 };
  }

  ensureTopic(request: EnsureTopic): Observable<StoredTopic> {
    return this.#gate.once(() => {
      const found = this.find(request.topic);
      if (found === undefined) return storedTopic(this.#create(request.topic, request.limits, request.defaults).topic, true);
      this.#updateLimits(found, request.limits);
      return storedTopic(found, false);
    });
  }

  findTopic(ref: TopicRef): Observable<StoredTopic | undefined> {
    return this.#gate.once(() => {
      const topic = this.find(ref);
      return topic === undefined ? undefined : storedTopic(topic, false);
    });
  }

  listTopics(scope: Scope): Observable<readonly StoredTopic[]> {
    return this.#gate.once(() => this.#topics.in(scope).map(({ topic }) => storedTopic(topic, false)));
  }

  deleteTopic(ref: TopicRef): Observable<boolean> {
    return this.#gate.once(() => {
      const topic = this.find(ref);
      if (topic === undefined) return false;
      this.#topics.delete(ref, ref.topic);
      const { firstSeq, firstScheduled } = this.#numbering;
      this.#numbering = { ...this.#numbering, firstSeq: Math.max(firstSeq, topic.log.next), firstScheduled: Math.max(firstScheduled, topic.schedule.last) };
      for (const name of [...topic.subscriptions.keys()]) topic.deleteSubscription(name);
      return true;
    });
  }

  ensureSubscription(request: EnsureSubscription): Observable<StoredSubscription> {
    return this.#gate.once(() => {
      const topic = this.get(request.subscription);
      const now = this.#gate.now();
      topic.advance(now);
      const found = topic.subscriptions.get(request.subscription.subscription);
      if (found !== undefined) return storedSubscription(this.#updatePolicy(found, request), false);
      const policy = merged(request.defaults, request.policy);
      checkOrder(topic.ref, policy.order, topic.limits.shardCount);
      return storedSubscription(topic.createSubscription(request.subscription, policy, request.ephemeral, request.startFrom, now), true);
    });
  }

  findSubscription(ref: SubscriptionRef): Observable<StoredSubscription | undefined> {
    return this.#gate.once(() => {
      const sub = this.find(ref)?.subscriptions.get(ref.subscription);
      return sub === undefined ? undefined : storedSubscription(sub, false);
    });
  }

  listSubscriptions(ref: TopicRef): Observable<readonly StoredSubscription[]> {
    return this.#gate.once(() => [...(this.find(ref)?.subscriptions.values() ?? [])].map((sub) => storedSubscription(sub, false)));
  }

  deleteSubscription(ref: SubscriptionRef): Observable<boolean> {
    return this.#gate.once(() => this.find(ref)?.deleteSubscription(ref.subscription) ?? false);
  }

  attach(ref: SubscriptionRef, consumer: ConsumerIdentity): Observable<ConsumerLink> {
    return this.#gate.once(() => {
      const sub = this.find(ref)?.subscriptions.get(ref.subscription);
      if (sub === undefined) throw subscriptionNotFound(ref);
      const link = new MemoryLink(sub, consumer, this.#gate);
      sub.links.add(link);
      sub.lastClaimAt = this.#gate.now();
      return link;
    });
  }

  find(ref: TopicRef): TopicState | undefined {
    return this.#topics.get(ref, ref.topic)?.topic;
  }

  get(ref: TopicRef): TopicState {
    const topic = this.find(ref);
    if (topic === undefined) throw topicNotFound(ref);
    return topic;
  }

  getSubscription(ref: SubscriptionRef): SubscriptionState {
    const sub = this.get(ref).subscriptions.get(ref.subscription);
    if (sub === undefined) throw subscriptionNotFound(ref);
    return sub;
  }

  /** The topic to publish to: created where it is missing. */
  open(ref: TopicRef): Intake {
    return this.#topics.get(ref, ref.topic) ?? this.#create(ref, {}, this.#defaults);
  }

  /** Ends every waiting claim with an empty answer. */
  close(): void {
    for (const { topic } of this.#topics) {
      for (const sub of topic.subscriptions.values()) for (const link of [...sub.waiters]) link.stopWaiting();
    }
    this.#bell.settleTimer();
  }

  #create(ref: TopicRef, limits: LimitsPatch, defaults: TopicLimits): Intake {
    this.#numbering = { ...this.#numbering, topic: this.#numbering.topic + 1 };
    const topic = new TopicState(ref, merged(defaults, limits), limits.shardCount !== undefined, this.#numbering, this.#bell, this.#gate.outbox);
    const intake = new Intake(topic, this.#resends, this.#gate.now());
    this.#topics.set(ref, ref.topic, intake);
    return intake;
  }

  #updateLimits(topic: TopicState, patch: LimitsPatch): void {
    const { shardCount } = patch;
    if (shardCount !== undefined) {
      if (topic.shardsNamed && shardCount !== topic.limits.shardCount) throw shardCountConflict(topic.ref, topic.limits.shardCount, shardCount);
      for (const sub of topic.subscriptions.values()) checkOrder(topic.ref, sub.policy.order, shardCount);
      topic.shardsNamed = true;
    }
    topic.limits = merged(topic.limits, patch);
  }

  #updatePolicy(sub: SubscriptionState, request: EnsureSubscription): SubscriptionState {
    const changed = differing(sub.policy, request.policy);
    if (changed.length === 0) return sub;
    if (request.onConflict === 'error') throw policyConflict(sub.ref, changed);
    const before: SubscriptionPolicy = sub.policy;
    const after = merged(before, request.policy);
    checkOrder(sub.ref, after.order, sub.topic.limits.shardCount);
    applyPolicy(sub, after);
    this.#gate.outbox.note({ type: 'policy-changed', subscription: sub.ref, before, after, client: request.client });
    return sub;
  }
}

function storedTopic(topic: TopicState, created: boolean): StoredTopic {
  return { ref: topic.ref, limits: topic.limits, created };
}

function storedSubscription(sub: SubscriptionState, created: boolean): StoredSubscription {
  return { ref: sub.ref, policy: sub.policy, ephemeral: sub.ephemeral, created };
}
