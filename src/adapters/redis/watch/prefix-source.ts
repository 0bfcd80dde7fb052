import type { Observable } from 'rxjs';
import { isChronowError } from '../../../errors.js';
import type { KeyRef, Scope } from '../../../port/names.js';
import type { KeyChange } from '../../../port/watch-source.js';
import type { KeyTracker, TrackerOwner } from '../../common/key-tracker.js';
import { OneByOne } from '../../common/one-by-one.js';
import { Feed, type FeedSource } from '../../common/watch-feed.js';
import type { KeyspaceSignal } from '../connection/pubsub-signals.js';
import { readChange } from '../keys/change-message.js';
import { valueKeys, valuePrefix } from '../keys/value-keys.js';
import { EventTracker } from './event-tracker.js';
import { scanValues } from './scan-values.js';
import type { WatchParts } from './watch-parts.js';

/** Looks under way at once. */
const atOnce = 64;
/** Readings of everything take at most one part in so many of the time. */
const scanShare = 20;

/** The watch of all keys of a scope that begin with a prefix: one pattern for the channels of the scope, and SCAN for what is there. */
class PrefixSource implements FeedSource<KeyspaceSignal>, TrackerOwner {
  readonly line$: Observable<KeyspaceSignal>;
  readonly feed: Feed<KeyspaceSignal>;
  readonly #parts: WatchParts;
  readonly #scope: Scope;
  readonly #prefix: string;
  readonly #begin: string;
  readonly #onStop: () => void;
  readonly #deaf: (() => void) | undefined;
  readonly #trackers = new Map<string, EventTracker>();
  readonly #readings: OneByOne = new OneByOne(() => this.#readAll());
  #lastMs = 0;

  constructor(parts: WatchParts, scope: Scope, prefix: string, onStop: () => void) {
    const { context, events } = parts;
    this.#parts = parts;
    this.#scope = scope;
    this.#prefix = prefix;
    this.#begin = valuePrefix(context.keys, scope, prefix);
    this.#onStop = onStop;
    // The pattern of the whole scope, whatever the prefix: the only one that an access list has to name.
    this.line$ = context.connection.pubsub.keyspace(`${valuePrefix(context.keys, scope)}*`);
    this.feed = new Feed(context.runtime, this);
    this.#deaf = events(scope)?.listenToAll({
      event: (value, name) => { this.#trackerOf(value)?.noticed(name); },
      subscribed: () => { this.feed.sync(); },
    });
  }

  take(signal: KeyspaceSignal): void {
    if (signal.kind !== 'message') return;
    const tracker = this.#trackerOf(signal.channel);
    const message = readChange(signal.text);
    if (message === undefined) tracker?.doubt();
    else tracker?.heard(message);
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
    return Math.max(this.#parts.reconcileMs, scanShare * this.#lastMs);
  }

  stop(): void {
    for (const tracker of this.#trackers.values()) tracker.close();
    this.#trackers.clear();
    this.#deaf?.();
    this.#onStop();
  }

  changed(change: KeyChange): void {
    // A key that never was is no news.
    if (change.state.revision > 0) this.feed.show(change);
  }

  failed(tracker: KeyTracker, error: unknown): void {
    if (!this.#isNoValue(tracker, error)) this.feed.failed(error);
  }

  looked(): void {
    return;
  }

  async #readAll(): Promise<void> {
    const { runtime } = this.#parts.context;
    const began = runtime.now();
    const gone = [...this.#trackers].filter(([, { state }]) => state?.body === undefined);
    const found = await scanValues(this.#parts.context, this.#scope, this.#prefix);
    for (const [value, ref] of found) if (ref.key.startsWith(this.#prefix)) this.#track(value, ref);
    const all = [...this.#trackers.values()];
    const work = async (): Promise<void> => {
      for (let tracker = all.pop(); tracker !== undefined; tracker = all.pop()) await this.#lookAt(tracker);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    for (const [value, tracker] of gone) this.#forget(value, tracker);
    this.#lastMs = runtime.now() - began;
  }

  async #lookAt(tracker: KeyTracker): Promise<void> {
    try {
      await tracker.look();
    } catch (error) {
      if (!this.#isNoValue(tracker, error)) throw error;
    }
  }

  /** Another type at a key of which no value was shown: not one of ours. Where one was, it stays shown, and the watch is stale. */
  #isNoValue(tracker: KeyTracker, error: unknown): boolean {
    return isChronowError(error, 'FOREIGN_VALUE') && tracker.state?.body === undefined;
  }

  /** Was gone before and is gone after a whole reading: no message of what it was is on its way any more. */
  #forget(value: string, tracker: EventTracker): void {
    if (tracker.state?.body !== undefined || this.#trackers.get(value) !== tracker) return;
    tracker.close();
    this.#trackers.delete(value);
  }

  #trackerOf(value: string): EventTracker | undefined {
    if (!value.startsWith(this.#begin)) return undefined;
    const known = this.#trackers.get(value);
    if (known !== undefined) return known;
    const parsed = this.#parts.context.keys.parse(value);
    return parsed?.kind === 'shared' && valueKeys(this.#parts.context.keys, parsed.key).value === value ? this.#track(value, parsed.key) : undefined;
  }

  #track(value: string, ref: KeyRef): EventTracker {
    const tracker = this.#trackers.get(value) ?? new EventTracker(this.#parts.context, this.#parts.keys, ref, this);
    this.#trackers.set(value, tracker);
    return tracker;
  }
}

export function prefixFeed(parts: WatchParts, scope: Scope, prefix: string, onStop: () => void): Feed<KeyspaceSignal> {
  return new PrefixSource(parts, scope, prefix, onStop).feed;
}
