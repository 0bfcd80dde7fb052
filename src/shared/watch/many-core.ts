import { BehaviorSubject, Subject, catchError, concatMap, defer, map, of, type Observable, type Subscriber } from 'rxjs';
import type { KeyRef } from '../../port/names.js';
import type { Client } from '../../topic/client.js';
import type { PayloadCoder } from '../../topic/payload-coder.js';
import type { Feed, FeedListener } from './feed.js';
import type { Learned } from './ledger.js';
import type { KeyedWatchChange, WatchState } from './options.js';
import { Ring } from './ring.js';

export interface ManyPlan<T> {
  readonly client: Client;
  /** One for a prefix, one for each key of a list. */
  readonly feeds: () => readonly Feed[];
  readonly ref: (key: string) => KeyRef;
  readonly coder: (key: string) => PayloadCoder<T>;
  readonly graceMs: number;
}

export type Values<T> = ReadonlyMap<string, T>;

/** Somebody who observes, and the number of what it has seen last. */
interface Observer<V> {
  readonly subscriber: Subscriber<V>;
  seen: number;
}

type Read<T> = { readonly change: Learned; readonly value: T | undefined } | undefined;

/** Several keys watched as one map. All are shown in one order; the map is shown once everything was read, then after every change. */
export class ManyCore<T> implements FeedListener {
  readonly state$: Observable<WatchState>;
  readonly #plan: ManyPlan<T>;
  readonly #ring: Ring;
  readonly #states = new BehaviorSubject<WatchState>({ status: 'syncing', error: undefined });
  readonly #incoming = new Subject<Learned>();
  readonly #maps = new Set<Observer<Values<T>>>();
  readonly #changes = new Set<Observer<KeyedWatchChange<T>>>();
  readonly #unreadable = new Map<string, unknown>();
  #feeds: readonly Feed[] = [];
  #users = 0;
  #isRunning = false;
  #values: Values<T> = new Map<string, T>();
  /** Counts the maps that could be shown. */
  #number = 0;
  /** Everything was read since the feeds began. */
  #isConfirmed = false;
  /** The newest map was not shown. */
  #isBehind = true;

  constructor(plan: ManyPlan<T>) {
    this.#plan = plan;
    this.#ring = new Ring(plan.client.runtime);
    this.state$ = this.#states.asObservable();
    this.#incoming.pipe(concatMap((change) => this.#read(change))).subscribe({
      next: (read) => { this.#accept(read); },
      error: (error: unknown) => { this.ended(error); },
    });
  }

  get values(): Values<T> {
    return this.#values;
  }

  get isStale(): boolean {
    return this.#state.status !== 'live';
  }

  observeMaps(subscriber: Subscriber<Values<T>>): void {
    const observer: Observer<Values<T>> = { subscriber, seen: 0 };
    this.#maps.add(observer);
    subscriber.add(() => this.#maps.delete(observer));
    this.#observe(subscriber, () => {
      observer.seen = this.#number;
      if (this.#isConfirmed) subscriber.next(this.#values);
    });
  }

  observeChanges(subscriber: Subscriber<KeyedWatchChange<T>>): void {
    const observer: Observer<KeyedWatchChange<T>> = { subscriber, seen: 0 };
    this.#changes.add(observer);
    subscriber.add(() => this.#changes.delete(observer));
    this.#observe(subscriber, () => { observer.seen = this.#number; });
  }

  // -- what the feeds say --------------------------------------------------------------------------------------------

  learned(change: Learned): void {
    this.#incoming.next(change);
  }

  /** What we wrote ourselves is shown in its place among the writes of others. */
  wrote(): void {
    return;
  }

  statusChanged(): void {
    const state = this.#state;
    if (this.#isBehind && this.#lineState.status === 'live') this.#showMap();
    this.#ring.push(() => {
      const { status, error } = this.#states.value;
      if (status !== state.status || error !== state.error) this.#states.next(state);
    });
  }

  stopped(): void {
    this.#halt();
    this.statusChanged();
  }

  ended(error: unknown): void {
    this.#halt();
    for (const { subscriber } of [...this.#maps, ...this.#changes]) {
      if (error === undefined) subscriber.complete();
      else subscriber.error(error);
    }
    this.statusChanged();
  }

  // -- inside --------------------------------------------------------------------------------------------------------

  #halt(): void {
    this.#isRunning = false;
    this.#isConfirmed = false;
    this.#isBehind = true;
  }

  get #state(): WatchState {
    for (const error of this.#unreadable.values()) return { status: 'stale', error };
    return this.#lineState;
  }

  get #lineState(): WatchState {
    if (!this.#isRunning) return { status: this.#number === 0 ? 'syncing' : 'stale', error: undefined };
    const states = this.#feeds.map(({ state }) => state);
    return states.find(({ status }) => status === 'stale') ?? states.find(({ status }) => status === 'syncing') ?? { status: 'live', error: undefined };
  }

  #observe(subscriber: Subscriber<never>, begin: () => void): void {
    this.#plan.client.assertOpen('watchMany');
    this.#ring.hold(() => {
      this.#users += 1;
      const feeds = this.#plan.feeds();
      this.#feeds = feeds;
      this.#isRunning = true;
      for (const feed of feeds) feed.ring.hold(() => { feed.join(this); });
      subscriber.add(() => {
        this.#users -= 1;
        for (const feed of feeds) feed.leave(this.#plan.graceMs);
      });
      this.statusChanged();
      begin();
    });
  }

  #read(change: Learned): Observable<Read<T>> {
    const { key, state: { body, codec, revision } } = change;
    if (body === undefined) return of({ change, value: undefined });
    return defer(() => {
      const coder = this.#plan.coder(key);
      return coder.checked(coder.decode(body, codec));
    }).pipe(
      map((value) => ({ change, value })),
      catchError((error: unknown) => {
        this.#unreadable.set(key, error);
        this.#plan.client.report({ type: 'watch-unreadable', key: this.#plan.ref(key), revision, error });
        this.statusChanged();
        return of(undefined);
      }),
    );
  }

  #accept(read: Read<T>): void {
    if (read === undefined) return;
    const { change: { key, state: { revision }, cause, quiet }, value } = read;
    if (this.#unreadable.delete(key)) this.statusChanged();
    const old = this.#values.get(key);
    if (quiet || (old === undefined && value === undefined)) return;
    const next = new Map(this.#values);
    if (value === undefined) next.delete(key);
    else next.set(key, value);
    this.#values = next;
    this.#isBehind = true;
    // The first reading is no change; what a later one finds is. Its map is shown when all of it was read.
    if (!this.#isConfirmed) return;
    this.#number += 1;
    const number = this.#number;
    const shown: KeyedWatchChange<T> = { key, old, new: value, revision, cause };
    this.#ring.push(() => { tell(this.#changes, number, shown); });
    if (cause !== 'resync') this.#showMap();
  }

  #showMap(): void {
    if (!this.#isConfirmed) this.#prune();
    this.#isConfirmed = true;
    this.#isBehind = false;
    const values = this.#values;
    this.#number += 1;
    const number = this.#number;
    this.#ring.push(() => { tell(this.#maps, number, values); });
  }

  /** Of a prefix, keys that went while nobody observed are not mentioned. */
  #prune(): void {
    const [feed, ...others] = this.#feeds;
    if (feed === undefined || others.length > 0) return;
    this.#values = new Map([...this.#values].filter(([key]) => feed.knows(key)));
  }
}

function tell<V>(observers: ReadonlySet<Observer<V>>, number: number, value: V): void {
  for (const observer of observers) {
    if (observer.seen >= number) continue;
    observer.seen = number;
    observer.subscriber.next(value);
  }
}
