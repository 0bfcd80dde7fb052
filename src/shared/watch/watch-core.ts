import { BehaviorSubject, Subject, catchError, concatMap, defer, map, of, type Observable, type Subscriber } from 'rxjs';
import type { KeyState } from '../../port/key-store.js';
import type { KeyRef } from '../../port/names.js';
import type { Client } from '../../topic/client.js';
import type { PayloadCoder } from '../../topic/payload-coder.js';
import { Audience, type Shown, type Showing } from './audience.js';
import type { Feed, FeedListener } from './feed.js';
import type { Feeds } from './feeds.js';
import type { Learned } from './ledger.js';
import type { WatchChange, WatchState } from './options.js';

export interface WatchPlan<T, V> {
  readonly client: Client;
  readonly feeds: Feeds;
  readonly key: KeyRef;
  readonly coder: PayloadCoder<T>;
  /** What stands for an absent key. */
  readonly absent: V;
  /** Whether it is shown before anything was read. */
  readonly hasInitial: boolean;
  readonly graceMs: number;
}

/** A state on its way through the schema. `isAhead`: our own write, known before the backend shows it. */
interface Incoming {
  readonly change: Learned;
  readonly isAhead: boolean;
}

/** One watch: its observers, and the last value it knows. `V` is `T` and what stands for an absent key. */
export class WatchCore<T, V extends T | undefined> implements FeedListener {
  /** Now, then every change. */
  readonly state$: Observable<WatchState>;
  readonly #states = new BehaviorSubject<WatchState>({ status: 'syncing', error: undefined });
  readonly #plan: WatchPlan<T, V>;
  readonly #audience: Audience<T | V>;
  readonly #incoming = new Subject<Incoming>();
  #feed: Feed | undefined = undefined;
  #latest: Shown<T | V> | undefined = undefined;
  /** It was learned since the feed began. */
  #isConfirmed = false;
  #unreadable: { readonly error: unknown } | undefined = undefined;
  #writeError: unknown = undefined;

  constructor(plan: WatchPlan<T, V>) {
    this.#plan = plan;
    this.state$ = this.#states.asObservable();
    this.#audience = new Audience<T | V>(plan.hasInitial ? this.#initial : undefined);
    this.#incoming.pipe(concatMap((incoming) => this.#read(incoming))).subscribe({
      next: ([incoming, showing]) => { this.#accept(incoming, showing); },
      error: (error: unknown) => { this.ended(error); },
    });
  }

  get value(): T | V {
    this.#peek();
    return this.#latest === undefined ? this.#plan.absent : this.#latest.value;
  }

  get revision(): number {
    this.#peek();
    return this.#latest?.revision ?? 0;
  }

  get isStale(): boolean {
    this.#peek();
    return this.#state.status !== 'live';
  }

  observeValues(subscriber: Subscriber<T | V>): void {
    this.#observe(subscriber, this.#audience.addValues(subscriber));
  }

  observeChanges(subscriber: Subscriber<WatchChange<T | V>>): void {
    this.#observe(subscriber, this.#audience.addChanges(subscriber));
  }

  /** What we wrote ourselves is known at once; it is shown in its place among the writes of others. */
  wrote(key: string, state: KeyState): void {
    this.#incoming.next({ change: { key, state, cause: 'set', order: -1, forced: false, quiet: false, isWarm: false }, isAhead: true });
  }

  /** The latest `next()` failed, or did not. */
  writeFailed(error: unknown): void {
    this.#writeError = error;
    this.statusChanged();
  }

  // -- what the feed says --------------------------------------------------------------------------------------------

  learned(change: Learned): void {
    this.#incoming.next({ change, isAhead: false });
  }

  statusChanged(): void {
    const state = this.#state;
    const feed = this.#feed;
    const show = (): void => {
      const { status, error } = this.#states.value;
      if (status !== state.status || error !== state.error) this.#states.next(state);
    };
    if (feed === undefined) show();
    else feed.ring.push(show);
  }

  stopped(): void {
    this.#feed = undefined;
    this.#isConfirmed = false;
    this.statusChanged();
  }

  ended(error: unknown): void {
    this.#feed = undefined;
    this.#isConfirmed = false;
    this.#audience.end(error);
    this.statusChanged();
  }

  // -- inside --------------------------------------------------------------------------------------------------------

  get #initial(): Shown<V> {
    return { value: this.#plan.absent, isPresent: false, revision: -1, order: -1 };
  }

  get #state(): WatchState {
    if (this.#unreadable !== undefined) return { status: 'stale', error: this.#unreadable.error };
    if (this.#feed === undefined) return { status: this.#latest === undefined ? 'syncing' : 'stale', error: this.#writeError };
    const { status, error } = this.#feed.state;
    return { status, error: error ?? this.#writeError };
  }

  /** Where it begins: what is confirmed, else `initial` as long as nothing was ever known. */
  get #start(): Shown<T | V> | undefined {
    if (this.#isConfirmed) return this.#latest;
    return this.#latest === undefined && this.#plan.hasInitial ? this.#initial : undefined;
  }

  #observe(subscriber: Subscriber<never>, begin: (start: Shown<T | V> | undefined) => void): void {
    const { client, feeds, key, graceMs } = this.#plan;
    client.assertOpen('watch');
    const feed = feeds.ofKey(key);
    feed.ring.hold(() => {
      this.#feed = feed;
      feed.join(this);
      subscriber.add(() => { feed.leave(graceMs); });
      this.statusChanged();
      begin(this.#start);
    });
  }

  /** Whoever asks for the value of a key that another watch observes gets it. */
  #peek(): void {
    if (this.#feed !== undefined) return;
    const feed = this.#plan.feeds.find(this.#plan.key);
    if (feed === undefined) return;
    this.#feed = feed;
    feed.attach(this);
    this.statusChanged();
  }

  #read(incoming: Incoming): Observable<readonly [Incoming, Showing<T | V> | undefined]> {
    const { change: { state: { body, codec, revision }, order, cause, forced, quiet } } = incoming;
    const showing = (value: T | V): Showing<T | V> => ({ value, isPresent: body !== undefined, revision, order, cause, forced, quiet });
    if (body === undefined) return of([incoming, showing(this.#plan.absent)]);
    return defer(() => this.#plan.coder.checked(this.#plan.coder.decode(body, codec))).pipe(
      map((value) => [incoming, showing(value)] as const),
      catchError((error: unknown) => {
        if (!incoming.isAhead) this.#couldNotRead(revision, error);
        return of([incoming, undefined] as const);
      }),
    );
  }

  #accept({ isAhead }: Incoming, showing: Showing<T | V> | undefined): void {
    if (showing === undefined) return;
    if (this.#latest === undefined || showing.revision > this.#latest.revision || showing.forced || (!isAhead && showing.revision === this.#latest.revision)) this.#latest = showing;
    if (isAhead) return;
    this.#isConfirmed = true;
    const wasUnreadable = this.#unreadable !== undefined;
    this.#unreadable = undefined;
    this.#feed?.ring.push(() => { this.#audience.show(showing); });
    if (wasUnreadable) this.statusChanged();
  }

  #couldNotRead(revision: number, error: unknown): void {
    const { client, key } = this.#plan;
    client.report({ type: 'watch-unreadable', key, revision, error });
    this.#unreadable = { error };
    this.statusChanged();
  }
}
