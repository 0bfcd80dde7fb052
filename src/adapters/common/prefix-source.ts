import type { Observable } from 'rxjs';
import { isChronowError } from '../../errors.js';
import type { KeyRef } from '../../port/names.js';
import type { Runtime } from '../../port/runtime.js';
import type { KeyChange } from '../../port/watch-source.js';
import type { KeyTracker, TrackerOwner } from './key-tracker.js';
import { OneByOne } from './one-by-one.js';
import { Feed, type FeedSource, type LineSignal } from './watch-feed.js';

/** How a backend watches all keys that begin with a prefix. */
export interface PrefixSourceParts<S extends LineSignal, T extends KeyTracker> {
  readonly runtime: Runtime;
  /** How often everything is read without a reason, ms; less often where a reading takes long. */
  readonly reconcileMs: number;
  /** Looks under way at once. */
  readonly atOnce: number;
  readonly line$: Observable<S>;
  readonly track: (ref: KeyRef, owner: TrackerOwner) => T;
  /** Something came over the line. */
  readonly take: (signal: S, tracked: TrackedKeys<T>) => void;
  /** Finds what is there. Answers the keys that are to be looked at one by one. */
  readonly readAll: (tracked: TrackedKeys<T>) => Promise<Iterable<T>>;
  /** Nobody watches any more. */
  readonly onStop: () => void;
}

/** The keys that a watch knows, by their names in the store. */
export interface TrackedKeys<T> {
  get(id: string): T | undefined;
  /** The key, known from now on. */
  track(id: string, ref: KeyRef): T;
  all(): Iterable<T>;
}

/** Readings of everything take at most one part in so many of the time. */
const readShare = 20;

/** The watch of all keys of a scope that begin with a prefix. */
export class PrefixSource<S extends LineSignal, T extends KeyTracker> implements FeedSource<S>, TrackerOwner, TrackedKeys<T> {
  readonly line$: Observable<S>;
  readonly feed: Feed<S>;
  readonly #parts: PrefixSourceParts<S, T>;
  readonly #trackers = new Map<string, T>();
  readonly #readings: OneByOne = new OneByOne(() => this.#readAll());
  #lastMs = 0;

  constructor(parts: PrefixSourceParts<S, T>) {
    this.#parts = parts;
    this.line$ = parts.line$;
    this.feed = new Feed(parts.runtime, this);
  }

  get(id: string): T | undefined {
    return this.#trackers.get(id);
  }

  track(id: string, ref: KeyRef): T {
    const tracker = this.#trackers.get(id) ?? this.#parts.track(ref, this);
    this.#trackers.set(id, tracker);
    return tracker;
  }

  all(): Iterable<T> {
    return this.#trackers.values();
  }

  take(signal: S): void {
    this.#parts.take(signal, this);
  }

  read(): Promise<void> {
    return this.#readings.run();
  }

  present(): readonly KeyChange[] {
    const changes: KeyChange[] = [];
    for (const { ref, state } of this.#trackers.values()) if (state?.body !== undefined) changes.push({ key: ref, state, cause: 'resync' });
    return changes;
  }

  intervalMs(): number {
    return Math.max(this.#parts.reconcileMs, readShare * this.#lastMs);
  }

  stop(): void {
    for (const tracker of this.#trackers.values()) tracker.close();
    this.#trackers.clear();
    this.#parts.onStop();
  }

  changed(change: KeyChange): void {
    // A key that never was is no news.
    if (change.state.revision > 0) this.feed.show(change);
  }

  failed(tracker: KeyTracker, error: unknown): void {
    if (!isNoValue(tracker, error)) this.feed.failed(error);
  }

  looked(): void {
    return;
  }

  async #readAll(): Promise<void> {
    const { runtime, atOnce, readAll } = this.#parts;
    const began = runtime.now();
    const gone = [...this.#trackers].filter(([, { state }]) => state?.body === undefined);
    const open = [...(await readAll(this))];
    const work = async (): Promise<void> => {
      for (let tracker = open.pop(); tracker !== undefined; tracker = open.pop()) await lookAt(tracker);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    for (const [id, tracker] of gone) this.#forget(id, tracker);
    this.#lastMs = runtime.now() - began;
  }

  /** Was gone before and is gone after a whole reading: no message of what it was is on its way any more. */
  #forget(id: string, tracker: T): void {
    if (tracker.state?.body !== undefined || this.#trackers.get(id) !== tracker) return;
    tracker.close();
    this.#trackers.delete(id);
  }
}

async function lookAt(tracker: KeyTracker): Promise<void> {
  try {
    await tracker.look();
  } catch (error) {
    if (!isNoValue(tracker, error)) throw error;
  }
}

/** Something foreign at a key of which no value was shown: not one of ours. Where one was, it stays shown, and the watch is stale. */
function isNoValue(tracker: KeyTracker, error: unknown): boolean {
  return isChronowError(error, 'FOREIGN_VALUE') && tracker.state?.body === undefined;
}
