import fc from 'fast-check';
import { BehaviorSubject, Observable, type Subscription } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { memoryBroker, memoryWarmStore } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';
import type { Broker } from '../../src/port/broker.js';
import type { WatchChange } from '../../src/shared/watch/options.js';
import { virtualRuntime, type VirtualRuntime } from '../support/virtual-runtime.js';

const keys = ['a', 'b'] as const;
const scope = { tenantId: 'default', namespace: 'default' };
type Key = (typeof keys)[number];

/** What an observer does when it is shown something for the `at`th time. */
interface Reaction {
  readonly at: number;
  readonly does: 'set' | 'del' | 'watch' | 'leave';
  readonly key: Key;
}

type Step =
  | { readonly kind: 'set'; readonly key: Key; readonly ttlMs: number | undefined }
  | { readonly kind: 'del'; readonly key: Key }
  | { readonly kind: 'get'; readonly key: Key }
  | { readonly kind: 'watch'; readonly key: Key; readonly handle: number; readonly reaction: Reaction | undefined }
  | { readonly kind: 'leave'; readonly observer: number }
  | { readonly kind: 'pass'; readonly ms: number };

/** How a key is observed: the real watcher, or a planted one. */
type Watching = (cw: Chronow, broker: Broker, key: Key, handle: number) => Observable<unknown>;

/** Absent is undefined, here and in the logs. */
type Shown = number | undefined;

class Observer {
  readonly log: Shown[] = [];
  isOver = false;
  readonly key: Key;
  /** How much of the truth there was when it began, and when it left. */
  readonly from: number;
  until: number | undefined = undefined;
  subscription: Subscription | undefined = undefined;

  constructor(key: Key, from: number) {
    this.key = key;
    this.from = from;
  }
}

/** A run: the broker's own account of each key is the truth that every log must be a piece of. */
class Run {
  readonly runtime: VirtualRuntime = virtualRuntime();
  readonly broker: Broker = memoryBroker({ runtime: this.runtime });
  readonly cw: Chronow;
  readonly truth: Readonly<Record<Key, Shown[]>> = { a: [], b: [] };
  readonly observers: Observer[] = [];
  readonly changes: Readonly<Record<Key, WatchChange<unknown>[]>> = { a: [], b: [] };
  readonly #watching: Watching;
  #values = 0;
  #reactions = 0;

  constructor(watching: Watching, withWarm: boolean) {
    this.#watching = watching;
    this.broker.open().subscribe();
    this.cw = Chronow.over({ broker: this.broker, runtime: this.runtime, warm: withWarm ? memoryWarmStore({ runtime: this.runtime }) : undefined });
    for (const key of keys) {
      this.broker.watches.watchKey({ ...scope, key }).subscribe((signal) => {
        if (signal.kind !== 'change') return;
        const { body } = signal.change.state;
        const shown = typeof body === 'string' ? Number(body) : undefined;
        if (this.truth[key].length === 0 || shown !== undefined || this.truth[key].at(-1) !== undefined) this.truth[key].push(shown);
      });
      this.cw.shared.watch(key).changes$.subscribe((change) => this.changes[key].push(change));
    }
  }

  step(step: Step): void {
    if (step.kind === 'pass') this.runtime.advance(step.ms);
    else if (step.kind === 'set') this.#set(step.key, step.ttlMs);
    else if (step.kind === 'del') this.cw.shared.del$(step.key).subscribe();
    else if (step.kind === 'get') this.cw.shared.get$(step.key).subscribe();
    else if (step.kind === 'watch') this.#watch(step.key, step.handle, step.reaction);
    else this.#leave(this.observers[step.observer % Math.max(1, this.observers.length)]);
    this.runtime.advance(0);
  }

  stored(key: Key): Shown {
    let stored: Shown;
    this.cw.shared.get$<number>(key).subscribe((value) => { stored = value ?? undefined; });
    return stored;
  }

  #set(key: Key, ttlMs?: number): void {
    this.#values += 1;
    this.cw.shared.set$(key, this.#values, { hotTtlSeconds: ttlMs === undefined ? undefined : ttlMs / 1_000 }).subscribe();
  }

  #watch(key: Key, handle: number, reaction: Reaction | undefined): void {
    const observer = new Observer(key, this.truth[key].length);
    this.observers.push(observer);
    observer.subscription = this.#watching(this.cw, this.broker, key, handle).subscribe((value) => {
      observer.log.push(typeof value === 'number' && value > 0 ? value : undefined);
      // Reactions end, or they would go on for ever.
      if (reaction === undefined || observer.log.length !== reaction.at || this.#reactions === 50) return;
      this.#reactions += 1;
      this.#react(reaction, handle, observer);
    });
    if (observer.isOver) observer.subscription.unsubscribe();
  }

  #react({ does, key }: Reaction, handle: number, observer: Observer): void {
    if (does === 'set') this.#set(key);
    else if (does === 'del') this.cw.shared.del$(key).subscribe();
    else if (does === 'watch') this.#watch(key, handle, undefined);
    else this.#leave(observer);
  }

  #leave(observer: Observer | undefined): void {
    if (observer === undefined || observer.isOver) return;
    observer.isOver = true;
    observer.until = this.truth[observer.key].length;
    observer.subscription?.unsubscribe();
  }
}

const key = fc.constantFrom(...keys);
const reaction: fc.Arbitrary<Reaction> = fc.record({ at: fc.integer({ min: 1, max: 4 }), does: fc.constantFrom('set', 'set', 'del', 'watch', 'leave'), key });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set'), key, ttlMs: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('del'), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('get'), key }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('watch'), key, handle: fc.integer({ min: 0, max: 3 }), reaction: fc.option(reaction, { nil: undefined }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave'), observer: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(0, 1, 10, 100, 3_000) }) },
);

/** Handles are kept, as a program keeps them; odd ones have an initial value, which is no positive number. */
function realWatching(): Watching {
  const handles = new Map<string, Observable<unknown>>();
  return (cw, _broker, name, handle) => {
    const id = `${name}${handle}`;
    const made = handles.get(id) ?? (handle % 2 === 0 ? cw.shared.watch<number>(name) : cw.shared.watch<number>(name, { initial: -1, graceMs: 20 }));
    handles.set(id, made);
    return made;
  };
}

/** What is wrong with a run; undefined: nothing. */
function wrong(steps: readonly Step[], watching: Watching, withWarm: boolean): string | undefined {
  const run = new Run(watching, withWarm);
  for (const one of steps) run.step(one);
  for (const [index, observer] of run.observers.entries()) {
    const truth = run.truth[observer.key];
    const log = observer.log;
    // A piece of the truth without a hole, from what was there when it began to what is there, or was when it left.
    const pieces = truth.flatMap((_shown, start) => (log.every((shown, place) => truth[start + place] === shown) ? [start] : []));
    const fits = pieces.some((start) => start >= observer.from - 1 && (observer.isOver ? start + log.length <= truth.length : start + log.length === truth.length));
    if (!fits) return `observer ${index} of ${observer.key} saw [${log.join()}] of [${truth.join()}] from ${observer.from}`;
  }
  for (const name of keys) {
    if (run.stored(name) !== run.truth[name].at(-1)) return `${name}: the store has ${run.stored(name)}, the last shown is ${run.truth[name].at(-1)}`;
    for (const [place, change] of run.changes[name].entries()) {
      const before = run.changes[name][place - 1];
      if (before !== undefined && (change.revision <= before.revision || change.old !== before.new)) return `${name}: ${JSON.stringify(change)} came after ${JSON.stringify(before)}`;
    }
  }
  return undefined;
}

const steps = fc.array(step, { minLength: 1, maxLength: 60 });

describe('watchers, whatever is set, deleted, watched and left while they are shown something', () => {
  test('show all observers pieces of one order, and end at what is stored', () => {
    fc.assert(fc.property(steps, fc.boolean(), (some, withWarm) => { expect(wrong(some, realWatching(), withWarm)).toBeUndefined(); }), { numRuns: 2_000 });
  });

  test('never go back in revision or value', () => {
    fc.assert(fc.property(steps, (some) => {
      const run = new Run(realWatching(), false);
      const watches = keys.map((name) => run.cw.shared.watch<number>(name));
      let last = watches.map(({ revision }) => revision);
      for (const one of some) {
        run.step(one);
        const now = watches.map(({ revision }) => revision);
        expect(now.every((revision, place) => revision >= (last[place] ?? 0))).toBe(true);
        last = now;
        for (const [place, watch] of watches.entries()) expect(watch.value).toBe(run.truth[keys[place] ?? 'a'].at(-1));
      }
    }), { numRuns: 500 });
  });

  test('and a plain BehaviorSubject in their place is caught', () => {
    // One for each key, fed by the backend, as one writes it in a minute: `next` inside `next` shows observers different orders.
    const naive = (): Watching => {
      const subjects = new Map<Key, BehaviorSubject<unknown>>();
      return (cw, _broker, name) => {
        const found = subjects.get(name);
        if (found !== undefined) return found;
        const subject = new BehaviorSubject<unknown>(undefined);
        subjects.set(name, subject);
        const set = cw.shared.set$.bind(cw.shared);
        // A backend that shows a write within the call, as an own event does.
        cw.shared.set$ = (target, value, options) => new Observable((out) => set(target, value, options).subscribe({
          next: (revision) => {
            subjects.get(target === 'a' ? 'a' : 'b')?.next(value);
            out.next(revision);
          },
          complete: () => { out.complete(); },
        }));
        return subject;
      };
    };
    const checked = fc.check(fc.property(steps, (some) => wrong(some.filter(({ kind }) => kind !== 'del' && kind !== 'pass'), naive(), false) === undefined), { numRuns: 2_000 });
    expect(checked.failed).toBe(true);
  });
});
