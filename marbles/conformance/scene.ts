import assert from 'node:assert/strict';
import type { Observable } from 'rxjs';
import type { ErrorCode, ChronowError } from '../../src/errors.js';
import { isChronowError } from '../../src/errors.js';
import type { Broker } from '../../src/port/broker.js';
import type { OutgoingMessage } from '../../src/port/message.js';
import type { Scope, SubscriptionRef, TopicRef } from '../../src/port/names.js';
import type { LimitsPatch, PolicyPatch, StartPosition } from '../../src/port/policy.js';
import type { PublishReceipt } from '../../src/port/publisher.js';
import type { SubscriptionStats, TopicStats } from '../../src/port/inspection.js';
import type { Asking } from './asking.js';
import { Consumer } from './consumer.js';
import { calmPolicy, message, wideLimits } from './defaults.js';
import { EventLog } from './event-log.js';
import type { ConformanceHarness, ConformanceSession, UnknownCount } from './harness.js';
import { Pending } from './pending.js';

let tokens = 0;

/** One promise's world, with the words in which promises are written. */
export class Scene implements Asking {
  readonly broker: Broker;
  /** Another process on the same store, or the same broker where there is none. */
  readonly second: Broker;
  readonly scope: Scope;
  readonly lease: number;
  readonly granularity: number;
  readonly harness: ConformanceHarness;
  readonly session: ConformanceSession;

  constructor(harness: ConformanceHarness, session: ConformanceSession) {
    this.harness = harness;
    this.session = session;
    this.broker = session.broker;
    this.second = session.second ?? session.broker;
    this.scope = session.scope;
    this.lease = harness.lease;
    this.granularity = harness.capabilities.timeGranularityMs;
  }

  now(): number {
    return this.session.now();
  }

  pass(ms: number): Promise<void> {
    return this.session.advance(ms);
  }

  /** Lets a deadline that is `ms` away pass for certain. */
  passBeyond(ms: number): Promise<void> {
    return this.pass(ms + 2 * Math.max(1, this.granularity));
  }

  begin<T>(call: Observable<T>): Pending<T> {
    return new Pending(call, () => this.now());
  }

  /** Waits for an answer that is due within `ms` of the store's clock. */
  async wait<T>(pending: Pending<T>, ms = 0): Promise<void> {
    if (pending.state === 'open') await Promise.race([pending.done, this.pass(ms)]);
    if (pending.state === 'open' && this.harness.patienceMs > 0) await Promise.race([pending.done, this.pass(this.harness.patienceMs)]);
  }

  async answer<T>(pending: Pending<T>, ms = 0): Promise<T> {
    await this.wait(pending, ms);
    if (pending.state === 'open') assert.fail(`no answer came within ${ms} ms`);
    if (pending.state === 'failed') throw pending.error;
    assert.equal(pending.answers, 1, 'a call of the port answers once');
    return pending.value as T;
  }

  ask<T>(call: Observable<T>): Promise<T> {
    return this.answer(this.begin(call));
  }

  async refused(call: Observable<unknown>, code: ErrorCode): Promise<ChronowError> {
    return this.refusal(this.begin(call), code);
  }

  async refusal(pending: Pending<unknown>, code: ErrorCode): Promise<ChronowError> {
    await this.wait(pending);
    assert.notEqual(pending.state, 'open', `neither an answer nor ${code} came`);
    assert.equal(pending.state, 'failed', `answered instead of ${code}`);
    if (isChronowError(pending.error, code)) return pending.error;
    throw pending.error;
  }

  /** Asserts that something came no earlier than `due`, and not much later. */
  onTime(at: number, due: number, earliest: number = due): void {
    assert.ok(at >= earliest - this.granularity, `came ${earliest - at} ms too early`);
    assert.ok(at <= due + this.granularity + this.harness.patienceMs, `came ${at - due} ms too late`);
  }

  /** Repeats a check until it passes or patience ends. In virtual time it must pass in this instant. */
  async eventually(check: () => Promise<void>): Promise<void> {
    await this.pass(0);
    const step = Math.max(this.harness.quietMs, 10);
    for (let waited = 0; waited < this.harness.patienceMs; waited += step) {
      try {
        await check();
        return;
      } catch {
        await this.pass(step);
      }
    }
    return check();
  }

  ref(topic: string): TopicRef {
    return { ...this.scope, topic };
  }

  async topic(name = 'orders', limits: LimitsPatch = {}): Promise<TopicRef> {
    const ref = this.ref(name);
    await this.ask(this.broker.topics.ensureTopic({ topic: ref, limits, defaults: wideLimits }));
    return ref;
  }

  async subscribe(topic: TopicRef, subscription = 'billing', policy: PolicyPatch = {}, options: SubscribeOptions = {}): Promise<SubscriptionRef> {
    const ref = { ...topic, subscription };
    const { startFrom = 'earliest', ephemeral = false, on = this.broker } = options;
    await this.ask(
      on.topics.ensureSubscription({ subscription: ref, policy, defaults: calmPolicy, startFrom, onConflict: 'update', ephemeral, client: 'conformance' }),
    );
    return ref;
  }

  /** A topic with one subscription that has this policy. */
  async queue(policy: PolicyPatch = {}, limits: LimitsPatch = {}): Promise<SubscriptionRef> {
    return this.subscribe(await this.topic('orders', limits), 'billing', policy);
  }

  /** Publishes one batch; a text stands for a message with that body. */
  async publish(topic: TopicRef, ...messages: readonly (string | OutgoingMessage)[]): Promise<readonly PublishReceipt[]> {
    return this.ask(this.batch(topic, messages));
  }

  batch(topic: TopicRef, messages: readonly (string | OutgoingMessage)[], token: string = this.token()): Observable<readonly PublishReceipt[]> {
    const { tenantId, namespace, topic: name } = topic;
    return this.broker.publisher.publish({
      topic: { tenantId, namespace, topic: name },
      token,
      messages: messages.map((one) => (typeof one === 'string' ? message(one) : one)),
    });
  }

  /** A batch token that was never used. */
  token(): string {
    tokens += 1;
    return `batch-${this.scope.namespace}-${tokens}`;
  }

  async consumer(subscription: SubscriptionRef, consumerId = 'c1', on: Broker = this.broker): Promise<Consumer> {
    return new Consumer(this, await this.ask(on.deliveries.attach(subscription, { consumerId: `${consumerId}-${this.token()}`, consumerName: consumerId })));
  }

  events(on: Broker = this.broker): EventLog {
    return new EventLog(this, on);
  }

  async stats(topic: TopicRef): Promise<TopicStats> {
    const { tenantId, namespace, topic: name } = topic;
    return this.ask(this.broker.inspection.stats({ tenantId, namespace, topic: name }));
  }

  /** Asserts counts of a subscription; those the backend cannot know must be null. */
  async counts(subscription: SubscriptionRef, expected: Partial<Omit<SubscriptionStats, 'name'>>): Promise<void> {
    await this.eventually(async () => {
      const found = (await this.stats(subscription)).subscriptions.find((one) => one.name === subscription.subscription);
      assert.ok(found, `stats do not list ${subscription.subscription}`);
      const seen = Object.fromEntries(Object.keys(expected).map((count) => [count, found[count as keyof SubscriptionStats]]));
      assert.deepEqual(seen, Object.fromEntries(Object.entries(expected).map(([count, value]) => [count, this.known(count as UnknownCount, value)])));
    });
  }

  /** The count that a backend of this kind is expected to answer. */
  known<T>(count: UnknownCount, value: T): T | null {
    return this.harness.unknownCounts?.includes(count) === true ? null : value;
  }
}

export interface SubscribeOptions {
  readonly startFrom?: StartPosition;
  readonly ephemeral?: boolean;
  readonly on?: Broker;
}
