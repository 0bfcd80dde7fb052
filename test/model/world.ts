import { Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { ConformanceHarness, ConformanceSession } from '../../marbles/conformance/harness.js';
import { Scene } from '../../marbles/conformance/scene.js';
import { isChronowError } from '../../src/errors.js';
import type { ErrorCode } from '../../src/errors.js';
import type { Broker } from '../../src/port/broker.js';
import type { BrokerEvent } from '../../src/port/events.js';
import type { WatchSignal } from '../../src/port/watch-source.js';
import type { Entry } from './journal.js';
import type { Now } from './span.js';
import { Consumer } from './state/consumer.js';
import type { SubscriptionModel } from './state/subscription-model.js';
import type { Watching } from './state/watching.js';

/** An answer or a refusal, and when it was given. */
export interface Asked<T> {
  readonly value: T | undefined;
  readonly refused: ErrorCode | undefined;
  readonly now: Now;
}

/** Between two looks in real time. */
const stepMs = 15;

/** The system under test: a session of any backend, and what comes from it by itself. */
export class World {
  readonly scene: Scene;
  readonly broker: Broker;
  readonly #journal: Entry[] = [];
  /** How exactly one tells the time here. */
  readonly #exactMs: number;
  #consumers = 0;

  constructor(harness: ConformanceHarness, session: ConformanceSession) {
    this.scene = new Scene(harness, session);
    this.broker = session.broker;
    // In virtual time everything is.
    this.#exactMs = harness.patienceMs === 0 ? 0 : harness.capabilities.timeGranularityMs;
    const toldBy = new WeakMap<BrokerEvent, Broker>();
    for (const broker of new Set([this.scene.broker, this.scene.second])) {
      broker.events$.subscribe((event) => {
        // Two lines to one store in this process may tell of the same event; one line tells it once.
        const first = toldBy.get(event) ?? broker;
        toldBy.set(event, first);
        if (first === broker) this.#journal.push({ kind: 'event', now: this.#heardSince(), event });
      });
    }
  }

  /** In real time nothing is there at once: what is heard happened a while ago, and what must come is given time. */
  get isReal(): boolean {
    return this.scene.harness.patienceMs > 0;
  }

  now(): Now {
    return this.#since(this.scene.now());
  }

  pass(ms: number): Promise<void> {
    return this.scene.pass(ms);
  }

  /** Lets come what comes in this instant; in real time also what takes its time, until `isDone` or patience ends. */
  async still(isDone: () => boolean = () => true): Promise<void> {
    const { patienceMs } = this.scene.harness;
    await this.pass(this.isReal ? stepMs : 0);
    for (let waited = 0; waited < patienceMs && !isDone(); waited += stepMs) await this.pass(stepMs);
  }

  /** Waits until nobody complains of what is missing, as long as patience lasts. */
  async eventually<T>(check: () => Promise<T> | T, before: () => void): Promise<T> {
    // What depends on what another process changed needs patience for both.
    const end = this.scene.now() + 2 * this.scene.harness.patienceMs;
    for (;;) {
      before();
      try {
        return await check();
      } catch (error) {
        if (!this.isReal || this.scene.now() >= end) throw error;
      }
      await this.pass(stepMs);
    }
  }

  /** Asks, and counts a refusal with one of these codes as an answer. */
  async ask<T>(call: Observable<T>, ...codes: readonly ErrorCode[]): Promise<Asked<T>> {
    const start = this.scene.now();
    try {
      const value = await this.scene.ask(call);
      return { value, refused: undefined, now: this.#since(start) };
    } catch (error) {
      const refused = codes.find((code) => isChronowError(error, code));
      if (refused === undefined) throw error;
      return { value: undefined, refused, now: this.#since(start) };
    }
  }

  /** Asks for what must be answered. */
  async answer<T>(call: Observable<T>): Promise<{ readonly value: T; readonly now: Now }> {
    const start = this.scene.now();
    const value = await this.scene.ask(call);
    return { value, now: this.#since(start) };
  }

  /** Whether the claim of this consumer was answered since it was asked last. */
  hasHeard(consumer: Consumer): boolean {
    return this.#journal.some((entry) => (entry.kind === 'claim' || entry.kind === 'claim failed') && entry.consumer === consumer);
  }

  /** What came since it was asked last. */
  heard(): readonly Entry[] {
    return this.#journal.splice(0);
  }

  /** Of those, only the events: what they tell of was there before the answer to the call, claims are answered after it. */
  events(): readonly Entry[] {
    const all = this.#journal.splice(0);
    this.#journal.push(...all.filter(({ kind }) => kind !== 'event'));
    return all.filter(({ kind }) => kind === 'event');
  }

  /** A new consumer; the seats of a subscription take turns between the processes. */
  async attach(subscription: SubscriptionModel, seat: number): Promise<Consumer> {
    this.#consumers += 1;
    const name = `${subscription.ref.subscription}/c${this.#consumers}`;
    const broker = seat % 2 === 0 ? this.scene.broker : this.scene.second;
    const { value: link } = await this.answer(broker.deliveries.attach(subscription.ref, { consumerId: name, consumerName: name }));
    return new Consumer(name, subscription, link);
  }

  claim(consumer: Consumer, max: number): void {
    const until = new Subject<void>();
    const claim = {
      max,
      isStopped: false,
      stop: () => {
        claim.isStopped = true;
        until.next();
      },
    };
    consumer.claim = claim;
    const begin = this.scene.now();
    consumer.link.claim({ max, until$: until }).subscribe({
      next: (answer) => this.#journal.push({ kind: 'claim', now: this.#heardSince(begin), consumer, answer }),
      error: (error: unknown) => this.#journal.push({ kind: 'claim failed', now: this.#heardSince(begin), consumer, error }),
    });
  }

  watch(watching: Watching, source: Observable<WatchSignal>): void {
    const subscription = source.subscribe({
      next: (signal) => this.#journal.push({ kind: 'signal', now: this.#heardSince(), watching, signal }),
      error: (error: unknown) => this.#journal.push({ kind: 'watch ended', now: this.now(), watching, error }),
      complete: () => this.#journal.push({ kind: 'watch ended', now: this.now(), watching, error: undefined }),
    });
    watching.stop = () => subscription.unsubscribe();
  }

  #since(start: number): Now {
    return { lo: start - this.#exactMs, hi: this.scene.now() + this.#exactMs, patienceMs: this.scene.harness.patienceMs };
  }

  /** What is heard now happened before, and not long ago. */
  #heardSince(begin = -Infinity): Now {
    return this.#since(Math.max(begin, this.scene.now() - this.scene.harness.patienceMs));
  }
}
