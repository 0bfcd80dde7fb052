import type { Observable } from 'rxjs';
import type { KeyRef } from '../../../port/names.js';
import type { KeyChange } from '../../../port/watch-source.js';
import { KeyTracker, type TrackerOwner } from '../../common/key-tracker.js';
import { Feed, type FeedSource } from '../../common/watch-feed.js';
import { KeyLine, type KeySignal } from './key-line.js';
import { newsOf } from './key-news.js';
import type { WatchParts } from './watch-parts.js';

/** The watch of one key. */
class KeySource implements FeedSource<KeySignal>, TrackerOwner {
  readonly line$: Observable<KeySignal>;
  readonly feed: Feed<KeySignal>;
  readonly #parts: WatchParts;
  readonly #tracker: KeyTracker;
  readonly #onStop: () => void;

  constructor(parts: WatchParts, ref: KeyRef, onStop: () => void) {
    const { context: { runtime, store }, keys } = parts;
    const line = new KeyLine(store, { id: keys.documents.idOf(ref) });
    this.#parts = parts;
    this.#onStop = onStop;
    this.#tracker = new KeyTracker({ runtime, clock: store.clock, look: (key, known) => keys.looks.look(key, known, line.at) }, ref, this);
    this.line$ = line.signals$;
    this.feed = new Feed(runtime, this);
  }

  take(signal: KeySignal): void {
    if (signal.kind !== 'message') return;
    const news = newsOf(this.#tracker.ref, signal.event, this.#tracker.state);
    if (news === 'look') this.#tracker.doubt();
    else if (news !== undefined) this.#tracker.heard(news);
  }

  read(): Promise<void> {
    return this.#tracker.look();
  }

  present(): readonly KeyChange[] {
    const { state, ref } = this.#tracker;
    return state === undefined ? [] : [{ key: ref, state, cause: 'resync' }];
  }

  intervalMs(): number {
    return this.#parts.reconcileMs;
  }

  stop(): void {
    this.#tracker.close();
    this.#onStop();
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

export function keyFeed(parts: WatchParts, ref: KeyRef, onStop: () => void): Feed<KeySignal> {
  return new KeySource(parts, ref, onStop).feed;
}
