import type { Observable } from 'rxjs';
import type { Runtime } from '../../port/runtime.js';
import type { KeyChange } from '../../port/watch-source.js';
import type { KeyTracker, TrackerOwner } from './key-tracker.js';
import { Feed, type FeedSource, type LineSignal } from './watch-feed.js';

/** How a backend watches one key. */
export interface KeySourceParts<S extends LineSignal, T extends KeyTracker> {
  readonly runtime: Runtime;
  /** How often the key is read without a reason, ms. */
  readonly reconcileMs: number;
  readonly line$: Observable<S>;
  readonly track: (owner: TrackerOwner) => T;
  /** Something came over the line. */
  readonly take: (signal: S, tracker: T) => void;
  /** Nobody watches any more. */
  readonly onStop: () => void;
}

/** The watch of one key. */
export class KeySource<S extends LineSignal, T extends KeyTracker> implements FeedSource<S>, TrackerOwner {
  readonly line$: Observable<S>;
  readonly feed: Feed<S>;
  readonly tracker: T;
  readonly #parts: KeySourceParts<S, T>;

  constructor(parts: KeySourceParts<S, T>) {
    this.#parts = parts;
    this.line$ = parts.line$;
    this.tracker = parts.track(this);
    this.feed = new Feed(parts.runtime, this);
  }

  take(signal: S): void {
    this.#parts.take(signal, this.tracker);
  }

  read(): Promise<void> {
    return this.tracker.look();
  }

  present(): readonly KeyChange[] {
    const { state, ref } = this.tracker;
    return state === undefined ? [] : [{ key: ref, state, cause: 'resync' }];
  }

  intervalMs(): number {
    return this.#parts.reconcileMs;
  }

  stop(): void {
    this.tracker.close();
    this.#parts.onStop();
  }

  changed(change: KeyChange): void {
    this.feed.show(change);
  }

  failed(_tracker: KeyTracker, error: unknown): void {
    this.feed.failed(error);
  }

  looked(): void {
    this.feed.recovered();
  }
}
