import { Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import { memoryBroker } from '../../../../src/adapters/memory/index.js';
import type { Broker } from '../../../../src/port/broker.js';
import type { ClaimAnswer, ConsumerLink } from '../../../../src/port/delivery-store.js';
import type { BrokerEvent } from '../../../../src/port/events.js';
import type { Claimed, SettleAction, Settlement } from '../../../../src/port/lease.js';
import type { OutgoingMessage } from '../../../../src/port/message.js';
import type { SubscriptionRef } from '../../../../src/port/names.js';
import type { PolicyPatch, StartPosition, SubscriptionPolicy, TopicLimits } from '../../../../src/port/policy.js';
import type { PublishReceipt } from '../../../../src/port/publisher.js';
import { virtualRuntime } from '../../../support/virtual-runtime.js';
import type { VirtualRuntime } from '../../../support/virtual-runtime.js';

export const scope = { tenantId: 'default', namespace: 'default' };

const policy: SubscriptionPolicy = {
  visibilityTimeoutMs: 1_000,
  maxDeliveries: 5,
  retryBackoffMs: [100, 200],
  deadLetterEnabled: true,
  order: 'none',
  expired: 'dead-letter',
};

const limits: TopicLimits = { maxStreamLen: 1_000, onFull: 'reject', retentionMs: 3_600_000, idempotencyWindowMs: 10_000, shardCount: 1 };

/** The answer of a call that answers within subscribe. */
export function ask<T>(call: Observable<T>): T {
  const answers: T[] = [];
  let failure: { readonly error: unknown } | undefined;
  call.subscribe({ next: (answer) => answers.push(answer), error: (error: unknown) => (failure = { error }) });
  if (failure !== undefined) throw failure.error;
  if (answers.length !== 1) throw new Error(`${answers.length} answers came within subscribe instead of one`);
  return answers[0] as T;
}

/** A claim that may wait. */
export class Claiming {
  answer: ClaimAnswer | undefined = undefined;
  error: unknown = undefined;
  at: number | undefined = undefined;
  readonly #until = new Subject<void>();

  constructor(link: ConsumerLink, max: number, now: () => number) {
    link.claim({ max, until$: this.#until }).subscribe({
      next: (answer) => {
        this.answer = answer;
        this.at = now();
      },
      error: (error: unknown) => (this.error = error),
    });
  }

  stop(): void {
    this.#until.next();
  }

  get bodies(): readonly unknown[] | undefined {
    return this.answer?.deliveries.map(({ message }) => message.body);
  }
}

/** A broker in virtual time with one topic, set up in few words. */
export class Table {
  readonly runtime: VirtualRuntime = virtualRuntime();
  readonly broker: Broker;
  readonly events: BrokerEvent[] = [];
  readonly topic = { ...scope, topic: 'orders' };
  #tokens = 0;
  #consumers = 0;

  constructor(patch: Partial<TopicLimits> = {}) {
    this.broker = memoryBroker({ runtime: this.runtime, limits: { ...limits, ...patch } });
    ask(this.broker.open());
    this.broker.events$.subscribe((event) => this.events.push(event));
    ask(this.broker.topics.ensureTopic({ topic: this.topic, limits: patch, defaults: limits }));
  }

  subscribe(name = 's', patch: PolicyPatch = {}, { startFrom = 'earliest', ephemeral = false }: { startFrom?: StartPosition; ephemeral?: boolean } = {}): SubscriptionRef {
    const subscription = { ...this.topic, subscription: name };
    ask(this.broker.topics.ensureSubscription({ subscription, policy: patch, defaults: policy, startFrom, onConflict: 'update', ephemeral, client: 'test' }));
    return subscription;
  }

  publish(...messages: readonly (string | (Partial<OutgoingMessage> & { readonly body: string }))[]): readonly PublishReceipt[] {
    return ask(
      this.broker.publisher.publish({
        topic: this.topic,
        token: `token ${++this.#tokens}`,
        messages: messages.map((message) => (typeof message === 'string' ? { body: message, headers: {} } : { headers: {}, ...message })),
      }),
    );
  }

  link(subscription: SubscriptionRef): ConsumerLink {
    const consumerId = `c${++this.#consumers}`;
    return ask(this.broker.deliveries.attach(subscription, { consumerId, consumerName: consumerId }));
  }

  claim(link: ConsumerLink, max = 100): Claiming {
    return new Claiming(link, max, () => this.runtime.now());
  }

  /** What is there now, perhaps nothing. */
  take(link: ConsumerLink, max = 100): readonly Claimed[] {
    const claiming = this.claim(link, max);
    if (claiming.answer === undefined) claiming.stop();
    if (claiming.answer === undefined) throw claiming.error;
    return claiming.answer.deliveries;
  }

  bodies(link: ConsumerLink, max = 100): readonly unknown[] {
    return this.take(link, max).map(({ message }) => message.body);
  }

  settle(link: ConsumerLink, action: SettleAction, claimed: readonly Claimed[], details: Partial<Settlement> = {}): readonly string[] {
    return ask(link.settle(claimed.map(({ token }) => ({ ...details, token, action })))).map(({ result }) => result);
  }

  eventsOf<T extends BrokerEvent['type']>(type: T): readonly Extract<BrokerEvent, { readonly type: T }>[] {
    return this.events.filter((event): event is Extract<BrokerEvent, { readonly type: T }> => event.type === type);
  }

  stats(name = 's'): { readonly waiting: number | null; readonly delayed: number | null; readonly leased: number | null; readonly dead: number | null } {
    const found = ask(this.broker.inspection.stats(this.topic)).subscriptions.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no subscription ${name}`);
    const { waiting, delayed, leased, dead } = found;
    return { waiting, delayed, leased, dead };
  }

  length(): number | null {
    return ask(this.broker.inspection.stats(this.topic)).length;
  }
}
