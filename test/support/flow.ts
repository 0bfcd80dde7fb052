import { Observable, of, type Subscription } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect } from 'vitest';
import { schedulerRuntime } from '../../marbles/index.js';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';
import type { ChronowEvent } from '../../src/events.js';
import type { Broker } from '../../src/port/broker.js';
import type { DeadLetterRecord, SubscriptionStats } from '../../src/port/inspection.js';
import type { Runtime } from '../../src/port/runtime.js';
import type { Message } from '../../src/subscription/delivery.js';
import type { DeliverySource } from '../../src/subscription/delivery-source.js';
import type { SubscriptionOptions } from '../../src/topic/options.js';
import { over } from '../conformance/support/over.js';
import { said, sayError } from './outcome-text.js';
import { Recorder, type Faults } from './recording-broker.js';

export interface FlowOptions {
  /** Where virtual time ends, ms. Default: 100 000. */
  readonly horizon?: number | undefined;
  readonly faults?: Faults | undefined;
  /** Lingers as a remote adapter has them, ms. Default: 0. */
  readonly lingerMs?: { readonly claim: number; readonly settle: number } | undefined;
  /** A broker with a planted bug. */
  readonly plant?: ((broker: Broker, runtime: Runtime) => Broker) | undefined;
}

/** One topic `t`, its subscription `s`, and everything that happened to them, at exact frames. */
export class Flow {
  readonly cw: Chronow;
  readonly runtime: Runtime;
  readonly scheduler: TestScheduler;
  readonly recorder: Recorder;
  /** The broker as the clients see it. */
  readonly watched: Broker;
  /** What streams emitted and work did: `3:acked a#1`. */
  readonly log: string[] = [];
  /** What `cw.events$` showed: `3:delivery-leaked a#1`. */
  readonly events: string[] = [];
  readonly cold: TestScheduler['createColdObservable'];
  readonly hot: TestScheduler['createHotObservable'];
  readonly #broker: Broker;

  constructor(scheduler: TestScheduler, { faults, lingerMs, plant = (broker) => broker }: FlowOptions, helpers: Pick<Flow, 'cold' | 'hot'>) {
    this.scheduler = scheduler;
    this.cold = helpers.cold;
    this.hot = helpers.hot;
    this.runtime = schedulerRuntime(scheduler);
    this.recorder = new Recorder(this.runtime, faults);
    this.#broker = memoryBroker({ runtime: this.runtime });
    this.#broker.open().subscribe();
    const lingering = lingerMs === undefined ? this.#broker : over(this.#broker, { capabilities: { ...this.#broker.capabilities, claimLingerMs: lingerMs.claim, settleLingerMs: lingerMs.settle } });
    this.watched = plant(this.recorder.record(lingering), this.runtime);
    this.cw = this.another();
    this.cw.events$.subscribe((event) => { this.events.push(`${this.now}:${this.#eventText(event)}`); });
  }

  /** A second client on the same broker, as a second process would be: closing one does not close the broker. */
  another(): Chronow {
    return Chronow.over({ broker: over(this.watched, { close: () => of(undefined) }), runtime: this.runtime });
  }

  get now(): number {
    return this.runtime.now();
  }

  /** What the broker was asked. */
  get calls(): readonly string[] {
    return this.recorder.lines;
  }

  /** Calls of some kinds only. */
  callsOf(...words: string[]): readonly string[] {
    return this.calls.filter((line) => words.some((word) => line.split(' ').includes(word)));
  }

  /** Where the messages of subscription `s` are, as far as there are any: `waiting 1, dead 2`. */
  get state(): string {
    return this.stateOf('s');
  }

  stateOf(name: string): string {
    let text = 'gone';
    this.#broker.inspection.stats(topic).subscribe(({ subscriptions }) => {
      const stats = subscriptions.find((subscription) => subscription.name === name);
      if (stats !== undefined) text = stateText(stats);
    });
    return text;
  }

  /** The dead letters of subscription `s`: `a#5 MaxDeliveries`. */
  get dead(): readonly string[] {
    const lines: string[] = [];
    this.eachDead(({ message, deliveryCount, history }) => { lines.push(`${this.#nameOf(message.id)}#${deliveryCount} ${history.at(-1)?.reason ?? ''}`); });
    return lines;
  }

  eachDead(look: (record: DeadLetterRecord) => void): void {
    this.#broker.inspection.peekDeadLetters({ ...topic, subscription: 's' }, 1_000).subscribe((records) => { records.forEach(look); });
  }

  at(frame: number, work: () => void): void {
    this.runtime.at(frame, work);
  }

  publish(...payloads: readonly unknown[]): void {
    for (const payload of payloads) this.publishWith({}, payload);
  }

  /** Publishes `a1` under the key `a`. */
  publishKeyed(...payloads: readonly string[]): void {
    for (const payload of payloads) this.publishWith({ key: payload.slice(0, 1) }, payload);
  }

  publishWith(options: { readonly key?: string; readonly headers?: Record<string, string> }, payload: unknown): void {
    this.cw.topic('t').publish$(payload, options).subscribe(({ id }) => { this.recorder.names.set(id, String(payload)); });
  }

  source(options: SubscriptionOptions = {}, name = 's'): DeliverySource<string> {
    return this.cw.topic<string>('t').subscription(name, options);
  }

  /** Work that does as its marbles say; its start, and its early end, are in the log. */
  work<T>(marbles: string | ((message: Message<T>) => string)): (message: Message<T>) => Observable<string> {
    return this.logged((message: Message<T>) => this.cold(typeof marbles === 'string' ? marbles : marbles(message)));
  }

  logged<T, R>(project: (message: Message<T>) => Observable<R>): (message: Message<T>) => Observable<R> {
    return (message) => new Observable<R>((out) => {
      let ended = false;
      this.say(`run ${messageText(message)}`);
      const end = (): void => { ended = true; };
      out.add(() => { if (!ended) this.say(`stop ${messageText(message)}`); });
      out.add(project(message).subscribe({
        next: (value) => { out.next(value); },
        error: (error: unknown) => { end(); out.error(error); },
        complete: () => { end(); out.complete(); },
      }));
    });
  }

  /** Subscribes and writes down what comes. */
  see(stream: Observable<unknown>, label = ''): Subscription {
    return stream.subscribe({
      next: (value) => { this.say(label + said(value)); },
      error: (error: unknown) => { this.say(`${label}error ${sayError(error)}`); },
      complete: () => { this.say(`${label}complete`); },
    });
  }

  say(text: string): void {
    this.log.push(`${this.now}:${text}`);
  }

  /** Nothing of the consumers is left: no delivery held, every line closed. */
  expectAllOver(): void {
    expect({ held: this.recorder.held, attached: this.recorder.attached }).toEqual({ held: 0, attached: 0 });
  }

  #nameOf(id: string): string {
    return this.recorder.names.get(id) ?? id;
  }

  #eventText(event: ChronowEvent): string {
    const detail = 'reason' in event ? ` ${event.reason}` : '';
    if ('id' in event) return `${event.type} ${this.#nameOf(event.id)}${'deliveryCount' in event ? `#${event.deliveryCount}` : ''}${detail}`;
    return `${event.type}${detail}`;
  }
}

export const topic = { tenantId: 'default', namespace: 'default', topic: 't' } as const;

/** Sets a scene up, lets virtual time run to its end, and answers what happened. The rules of the port must hold all along. */
export function flow(scene: (f: Flow) => void, options: FlowOptions = {}): Flow {
  const scheduler = new TestScheduler((actual, expected) => { expect(actual).toEqual(expected); });
  const f = scheduler.run(({ cold, hot }) => {
    // `run` sets it to Infinity, and a lease that is renewed for ever would never let it end.
    scheduler.maxFrames = options.horizon ?? 100_000;
    const made = new Flow(scheduler, options, { cold, hot });
    scene(made);
    return made;
  });
  expect(f.recorder.violations).toEqual([]);
  return f;
}

export function messageText({ payload, deliveryCount }: Pick<Message<unknown>, 'payload' | 'deliveryCount'>): string {
  return `${String(payload)}#${deliveryCount}`;
}

function stateText({ waiting, delayed, leased, dead }: SubscriptionStats): string {
  return Object.entries({ waiting, delayed, leased, dead }).filter(([, count]) => count !== 0).map(([name, count]) => `${name} ${String(count)}`).join(', ');
}
