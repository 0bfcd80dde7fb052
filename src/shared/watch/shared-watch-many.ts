import { Observable, takeUntil } from 'rxjs';
import type { Feeds } from './feeds.js';
import { LatestIterator } from './latest-iterator.js';
import type { ManyCore } from './many-core.js';
import type { KeyedWatchChange, WatchState } from './options.js';

/**
 * Several shared values that are watched together, as a map from key to value; absent keys are not in it. Made by
 * `cw.shared.watchMany()`, from a list of keys or from what they begin with.
 *
 * - No I/O before the first subscribe; one backend watch for a prefix, or the watches of the keys, shared with `watch()`.
 * - next: nothing before all of it was read; then, to each observer at once and after every change, a new map that nobody changes any
 *   more. What a lost link hid is shown as one map.
 * - error, complete, unsubscribe: as with `watch()`. A key whose value cannot be read keeps its last one.
 *
 * ```text
 * before b      2
 * set a         --1-----3---      m: b 2   n: a 1, b 2
 * del b         -----x------      o: a 1   p: a 3
 * maps          m-n--o--p---
 * ```
 *
 * @example
 * ```ts
 * const limits = cw.shared.watchMany<number>('limits.');
 * limits.subscribe((all) => { console.log(all.get('limits.fraud')); });
 * limits.changes$.subscribe(({ key, old, new: value }) => { console.log(key, old, value); });
 * ```
 */
export class SharedWatchMany<T> extends Observable<ReadonlyMap<string, T>> {
  /** Each change after subscribe: its key, what was there and what is. error, complete, unsubscribe: as the maps. */
  readonly changes$: Observable<KeyedWatchChange<T>>;
  /** How the map stands to what is stored: now, then every change. Starts nothing by itself; completes with `cw.close()`, never errors. */
  readonly status$: Observable<WatchState>;
  readonly #core: ManyCore<T>;

  /** Use `cw.shared.watchMany()`. */
  constructor(core: ManyCore<T>, feeds: Feeds) {
    super((subscriber) => { core.observeMaps(subscriber); });
    this.#core = core;
    this.changes$ = new Observable((subscriber) => { core.observeChanges(subscriber); });
    this.status$ = core.state$.pipe(takeUntil(feeds.closed$));
  }

  /** The last map known; empty where none is. */
  get value(): ReadonlyMap<string, T> {
    return this.#core.values;
  }

  /** Whether {@link SharedWatchMany.value} may be old: nothing observed, not read yet, the line down, or some value unreadable. */
  get stale(): boolean {
    return this.#core.isStale;
  }

  /** A `for await` loop: each step gets the newest map once; what came and went while the loop was busy is passed over. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReadonlyMap<string, T>, undefined> {
    return new LatestIterator<ReadonlyMap<string, T>>(this);
  }
}
