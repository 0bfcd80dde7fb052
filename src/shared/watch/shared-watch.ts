import { Observable, map, takeUntil, tap } from 'rxjs';
import type { SetOptions, WriteOptions } from '../options.js';
import { changed, type KeyCommands } from '../key-commands.js';
import { watchedSetRules, writeRules } from '../rules.js';
import { LatestIterator } from './latest-iterator.js';
import { NextQueue } from './next-queue.js';
import type { WatchChange, WatchState } from './options.js';
import type { WatchCore, WatchPlan } from './watch-core.js';

/**
 * A shared value that is watched: an Observable of what `get` would give, now and after every change, like a BehaviorSubject whose
 * value lives in the backend. Made by `cw.shared.watch()`; `Absent` is undefined, or nothing where there is an `initial`.
 *
 * - No I/O before the first subscribe; then one backend watch for each key and client, whoever observes it. After the last observer
 *   left it stays for `graceMs`; after that nothing is shown until it was read again.
 * - next: with a known value at once, inside subscribe, then each state that was learned, to every observer in the same order, also
 *   where an observer sets in between. Without `initial` nothing comes before the first read. Delete and expiry show undefined, or
 *   `initial`; an expiry in the hot tier over a copy in the warm one shows nothing.
 * - error: `CLOSED` when it is subscribed after `cw.close()`, or what the backend cannot mend; never for a lost link, which shows in
 *   {@link SharedWatch.status$} while the last value stays. A stored value that cannot be read (codec, schema) is not shown either: an
 *   event `watch-unreadable`, status `stale`.
 * - complete: with `cw.close()`. unsubscribe: this observer is shown nothing more.
 *
 * ```text
 * before        1
 * set           ---2---3--2
 * values        1--2---3--2
 *
 * set           ---2-----3--      x: del, u: undefined
 * del           -----x------
 * values        u--2-u---3--
 * initial: i    i--2-i---3--
 * ```
 *
 * @example
 * ```ts
 * const limit = cw.shared.watch<number>('fraud.limit', { initial: 100 });
 * limit.subscribe((value) => { apply(value); });
 * await limit.set(250);
 * await limit.update((n) => n + 1);
 * console.log(limit.value);
 * ```
 */
export class SharedWatch<T, Absent extends undefined = undefined> extends Observable<T | Absent> {
  /** The shared key. */
  readonly key: string;
  /**
   * What changed, how and why; a value observer with memory. next: each change after subscribe, in the order of the values;
   * error, complete and unsubscribe as the values.
   */
  readonly changes$: Observable<WatchChange<T | Absent>>;
  /** How it stands to what is stored: now, then every change. Starts nothing by itself; completes with `cw.close()`, never errors. */
  readonly status$: Observable<WatchState>;
  readonly #core: WatchCore<T, T | Absent>;
  readonly #commands: KeyCommands;
  readonly #plan: WatchPlan<T, T | Absent>;
  readonly #next: NextQueue<T>;

  /** Use `cw.shared.watch()`. */
  constructor(core: WatchCore<T, T | Absent>, plan: WatchPlan<T, T | Absent>, commands: KeyCommands) {
    super((subscriber) => { core.observeValues(subscriber); });
    this.key = plan.key.key;
    this.#core = core;
    this.#plan = plan;
    this.#commands = commands;
    this.changes$ = new Observable((subscriber) => { core.observeChanges(subscriber); });
    this.status$ = core.state$.pipe(takeUntil(plan.feeds.closed$));
    this.#next = new NextQueue<T>(plan.client.runtime, (value) => this.set$(value), (error) => {
      if (error !== undefined) plan.client.report({ type: 'watch-set-failed', key: plan.key, error });
      core.writeFailed(error);
    });
  }

  /** The last value known, our own writes included; `initial`, or undefined, where none is. */
  get value(): T | Absent {
    return this.#core.value;
  }

  /** The last value known: {@link SharedWatch.value} under the name a BehaviorSubject has. */
  getValue(): T | Absent {
    return this.#core.value;
  }

  /** Revision of the last value known; 0 where none is. Only grows. */
  get revision(): number {
    return this.#core.revision;
  }

  /** Whether {@link SharedWatch.value} may be old: nothing observed, not read yet, the line down, or what is stored unreadable. */
  get stale(): boolean {
    return this.#core.isStale;
  }

  /** Writes the value; resolves with its revision. Rejects as `shared.set`, and with `SCHEMA_REJECTED` where it does not fit the schema. */
  set(value: T, options: Omit<SetOptions, 'namespace' | 'tenantId'> = {}): Promise<number> {
    return this.#plan.client.promises.of(this.set$(value, options));
  }

  /** The cold twin of {@link SharedWatch.set}. */
  set$(value: T, options: Omit<SetOptions, 'namespace' | 'tenantId'> = {}): Observable<number> {
    const { key, coder } = this.#plan;
    return this.#commands.command('set', options, watchedSetRules, () => this.#commands.set(key, coder, value, options, options.expectedRevision)).pipe(
      tap((state) => { this.#core.wrote(key.key, state); }),
      map(({ revision }) => revision),
    );
  }

  /** Sets without waiting, one after the other. A failure shows in {@link SharedWatch.status$} and as an event `watch-set-failed`. */
  next(value: T): void {
    this.#next.push(value);
  }

  /**
   * Changes the value atomically: `change` gets what is stored (where the key is absent `initial`, else undefined) and answers the new
   * value; where somebody else wrote in between it is asked again. Resolves with the new value. Rejects as `shared.update`.
   */
  update(change: (value: T | Absent) => T, options: WriteOptions = {}): Promise<T> {
    return this.#plan.client.promises.of(this.update$(change, options));
  }

  /** The cold twin of {@link SharedWatch.update}. */
  update$(change: (value: T | Absent) => T, options: WriteOptions = {}): Observable<T> {
    const { key, coder, absent } = this.#plan;
    const next = (value: T | undefined): T => changed(key.key, change(value === undefined ? absent : value));
    return this.#commands.command('update', options, writeRules, () => this.#commands.update({ key, coder, options, next })).pipe(
      tap(({ state }) => { this.#core.wrote(key.key, state); }),
      map(({ value }) => value),
    );
  }

  /** A `for await` loop: each step gets the newest value once; what came and went while the loop was busy is passed over. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T | Absent, undefined> {
    return new LatestIterator<T | Absent>(this);
  }
}
