import fc from 'fast-check';
import { Observable, Subject, map, take, takeUntil, type Subscription } from 'rxjs';
import { expect } from 'vitest';
import { ackOnComplete, retryWithBackoff, toDeadLetter, type Message } from '../../../operators/index.js';
import { memoryBroker } from '../../../src/adapters/memory/index.js';
import { Chronow } from '../../../src/chronow.js';
import type { Broker } from '../../../src/port/broker.js';
import { Recorder, type Fault } from '../../support/recording-broker.js';
import { virtualRuntime } from '../../support/virtual-runtime.js';
import { Ledger } from './ledger.js';

const visibilityTimeoutMs = 60;
const ms = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

const consumer = fc.record({
  startsAt: ms(40),
  window: fc.integer({ min: 1, max: 6 }),
  concurrency: fc.constantFrom(1, 2, Infinity),
  ending: fc.oneof(
    { weight: 3, arbitrary: fc.record({ how: fc.constant('stays' as const), at: ms(0) }) },
    { weight: 5, arbitrary: fc.record({ how: fc.constantFrom('unsubscribes' as const, 'drains' as const), at: ms(120) }) },
    { weight: 4, arbitrary: fc.record({ how: fc.constantFrom('takes' as const, 'takes outcomes' as const, 'throws' as const), at: fc.integer({ min: 1, max: 5 }) }) },
  ),
});

export const scenario = fc.record({
  order: fc.constantFrom('none' as const, 'key' as const, 'strict' as const),
  keys: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 10 }),
  /** What each run of work does, in turn: how long it takes, and whether it fails. */
  works: fc.array(fc.record({ ms: ms(25), fails: fc.boolean() }), { minLength: 1, maxLength: 20 }),
  consumers: fc.array(consumer, { minLength: 1, maxLength: 3 }),
  latency: fc.array(fc.record({ before: ms(7), after: ms(7) }), { minLength: 1, maxLength: 8 }),
  /** The first consumer cannot renew from here on, and loses what it holds. */
  theft: fc.option(ms(80), { nil: undefined, freq: 3 }),
});

export type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

/** Plays a scenario to its end and checks the books. `plant`: a broker with a bug. */
export function play({ order, keys, works, consumers, latency, theft }: Scenario, plant: (broker: Broker) => Broker = (broker) => broker): void {
  const runtime = virtualRuntime({ start: 0 });
  let calls = 0;
  const recorder = new Recorder(runtime, ({ op, consumer, now }): Fault => {
    if (op === 'renew' && consumer === 1 && theft !== undefined && now >= theft && now < 400) return 'error';
    calls += 1;
    return latency[calls % latency.length];
  });
  const broker = memoryBroker({ runtime });
  broker.open().subscribe();
  const cw = Chronow.over({ broker: recorder.record(plant(broker)), runtime });
  const ledger = new Ledger(recorder, order, keys);
  cw.events$.subscribe((event) => { if (event.type === 'lease-lapsed') ledger.lapses += 1; });
  const topic = cw.topic<string>('t');
  keys.forEach((key, index) => { topic.publish$(`${key}${index}`, { key }).subscribe(); });

  let runs = 0;
  const work = (message: Message<string>): Observable<string> => new Observable((out) => {
    const plan = works[runs % works.length] ?? { ms: 0, fails: false };
    runs += 1;
    const fails = plan.fails && runtime.now() < 1_000;
    const over = ledger.begins(message);
    out.add(over);
    const end = (): void => {
      over();
      if (fails) {
        out.error(new Error('planned'));
        return;
      }
      ledger.done(message);
      out.complete();
    };
    if (plan.ms === 0) end();
    else out.add(runtime.at(runtime.now() + plan.ms, end));
  });

  for (const { startsAt, window, concurrency, ending } of consumers) {
    runtime.at(startsAt, () => {
      const stop = new Subject<void>();
      let outcomes = 0;
      const before = ending.how === 'takes' ? take<never>(ending.at) : takeUntil<never>(stop);
      const after = ending.how === 'takes outcomes' ? take<never>(ending.at) : map(<V>(value: V): V => {
        outcomes += 1;
        if (ending.how === 'throws' && outcomes === ending.at) throw new Error('downstream');
        return value;
      });
      const seen: Subscription = topic.subscription('s', { order, maxInFlight: window, visibilityTimeoutMs, maxDeliveries: 4 }).pipe(
        before as never,
        ackOnComplete(work, { concurrency }),
        retryWithBackoff({ initialMs: 15, jitter: 'none' }),
        toDeadLetter(),
        after as never,
      ).subscribe({ error: () => undefined });
      if (ending.how === 'drains') runtime.at(startsAt + ending.at, () => { stop.next(); });
      if (ending.how === 'unsubscribes') runtime.at(startsAt + ending.at, () => { seen.unsubscribe(); });
      runtime.at(3_000, () => { seen.unsubscribe(); });
    });
  }
  // Whoever comes last finds everything that is left.
  runtime.at(2_000, () => {
    const seen = topic.subscription('s', { order, visibilityTimeoutMs }).pipe(ackOnComplete(work)).subscribe();
    runtime.at(3_000, () => { seen.unsubscribe(); });
  });
  runtime.advance(10_000);

  // A renewal that is answered after its lease was given up keeps a place at the backend that nobody counts any more.
  expect(recorder.violations.filter((line) => theft === undefined || !line.includes('held, window'))).toEqual([]);
  expect(recorder.attached).toBe(0);
  // What was given up as lost got no answer.
  if (theft === undefined) expect(recorder.held).toBe(0);
  ledger.check(theft !== undefined);
  broker.inspection.stats({ tenantId: 'default', namespace: 'default', topic: 't' }).subscribe(({ subscriptions }) => {
    expect(subscriptions[0]).toMatchObject({ waiting: 0, delayed: 0, leased: 0, dead: ledger.dead });
  });
}
