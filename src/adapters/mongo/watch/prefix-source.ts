import type { Observable } from 'rxjs';
import { isChronowError } from '../../../errors.js';
import type { KeyState } from '../../../port/key-store.js';
import type { KeyRef, Scope } from '../../../port/names.js';
import type { KeyChange } from '../../../port/watch-source.js';
import { KeyTracker, type Looked, type TrackerOwner } from '../../common/key-tracker.js';
import { OneByOne } from '../../common/one-by-one.js';
import { Feed, type FeedSource } from '../../common/watch-feed.js';
import { isSameBody, type FoundKey } from '../keys/key-looks.js';
import { KeyLine, type KeySignal } from './key-line.js';
import { newsOf } from './key-news.js';
import type { WatchParts } from './watch-parts.js';

/** Looks under way at once. */
const atOnce = 32;
/** Readings of everything take at most one part in so many of the time. */
const readShare = 20;

/** The watch of all keys of a scope that begin with a prefix: a range of ids, read as a whole. */
class PrefixSource implements FeedSource<KeySignal>, TrackerOwner {
  readonly line$: Observable<KeySignal>;
  readonly feed: Feed<KeySignal>;
  readonly #parts: WatchParts;
  readonly #line: KeyLine;
  readonly #scope: Scope;
  readonly #prefix: string;
  readonly #onStop: () => void;
  readonly #trackers = new Map<string, KeyTracker>();
  readonly #readings: OneByOne = new OneByOne(() => this.#readAll());
  #lastMs = 0;

  constructor(parts: WatchParts, scope: Scope, prefix: string, onStop: () => void) {
    const { context: { runtime, store }, keys } = parts;
    this.#parts = parts;
    this.#scope = scope;
    this.#prefix = prefix;
    this.#onStop = onStop;
    this.#line = new KeyLine(store, { prefix: keys.documents.idOf({ ...scope, key: prefix }) });
    this.line$ = this.#line.signals$;
    this.feed = new Feed(runtime, this);
  }

  take(signal: KeySignal): void {
    if (signal.kind !== 'message') return;
    const { event } = signal;
    const ref = this.#parts.keys.documents.refOf(event.id);
    if (ref === undefined) return;
    const tracker = this.#track(event.id, ref);
    const news = newsOf(ref, event, tracker.state);
    if (news === 'look') tracker.doubt();
    else if (news !== undefined) tracker.heard(news);
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
    this.#onStop();
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
    const { runtime } = this.#parts.context;
    const began = runtime.now();
    const gone = [...this.#trackers].filter(([, { state }]) => state?.body === undefined);
    const found = await this.#parts.keys.looks.lookAll(this.#scope, this.#prefix, this.#line.at);
    const odd = [...this.#learn(found)];
    const work = async (): Promise<void> => {
      for (let tracker = odd.pop(); tracker !== undefined; tracker = odd.pop()) await this.#lookAt(tracker);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    for (const [id, tracker] of gone) this.#forget(id, tracker);
    this.#lastMs = runtime.now() - began;
  }

  /** Answers those that are not simply newer than what is known, or as it: each of them is to be looked at by itself. */
  #learn(found: readonly FoundKey[]): ReadonlySet<KeyTracker> {
    const odd = new Set<KeyTracker>();
    const seen = new Set<KeyTracker>();
    for (const { ref, looked } of found) {
      const id = this.#parts.keys.documents.idOf(ref);
      const known = this.#trackers.get(id);
      // What is gone and was never seen is nobody's concern.
      if (known === undefined && looked?.state.body === undefined && looked !== undefined) continue;
      const tracker = known ?? this.#track(id, ref);
      seen.add(tracker);
      if (looked !== undefined && isNewer(looked, tracker.state)) tracker.heard({ ...looked, isTtl: false, isShort: false });
      else if (looked === undefined || !isSame(looked.state, tracker.state)) odd.add(tracker);
    }
    for (const tracker of this.#trackers.values()) if (!seen.has(tracker)) odd.add(tracker);
    return odd;
  }

  async #lookAt(tracker: KeyTracker): Promise<void> {
    try {
      await tracker.look();
    } catch (error) {
      if (!isNoValue(tracker, error)) throw error;
    }
  }

  /** Was gone before and is gone after a whole reading: no event of what it was is on its way any more. */
  #forget(id: string, tracker: KeyTracker): void {
    if (tracker.state?.body !== undefined || this.#trackers.get(id) !== tracker) return;
    tracker.close();
    this.#trackers.delete(id);
  }

  #track(id: string, ref: KeyRef): KeyTracker {
    const { context: { runtime, store }, keys } = this.#parts;
    const tracker = this.#trackers.get(id) ?? new KeyTracker({ runtime, clock: store.clock, look: (key, known) => keys.looks.look(key, known, this.#line.at) }, ref, this);
    this.#trackers.set(id, tracker);
    return tracker;
  }
}

export function prefixFeed(parts: WatchParts, scope: Scope, prefix: string, onStop: () => void): Feed<KeySignal> {
  return new PrefixSource(parts, scope, prefix, onStop).feed;
}

/** A foreign document at a key of which no value was shown: not one of ours. Where one was, it stays shown, and the watch is stale. */
function isNoValue(tracker: KeyTracker, error: unknown): boolean {
  return isChronowError(error, 'FOREIGN_VALUE') && tracker.state?.body === undefined;
}

function isNewer({ state }: Looked, known: KeyState | undefined): boolean {
  return known === undefined || state.revision > known.revision;
}

function isSame(state: KeyState, known: KeyState | undefined): boolean {
  return known !== undefined && state.revision === known.revision && state.expiresAt === known.expiresAt && isSameBody(state.body, known.body);
}
