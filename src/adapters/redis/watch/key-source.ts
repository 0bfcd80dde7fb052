import type { Observable } from 'rxjs';
import type { KeyRef } from '../../../port/names.js';
import type { KeyChange } from '../../../port/watch-source.js';
import type { KeyTracker, TrackerOwner } from '../../common/key-tracker.js';
import { Feed, type FeedSource } from '../../common/watch-feed.js';
import type { ChannelSignal } from '../connection/pubsub-signals.js';
import { readChange } from '../keys/change-message.js';
import { valueKeys } from '../keys/value-keys.js';
import { EventTracker } from './event-tracker.js';
import type { WatchParts } from './watch-parts.js';

/** The watch of one key: its channel, and its keyspace events. */
class KeySource implements FeedSource<ChannelSignal>, TrackerOwner {
  readonly line$: Observable<ChannelSignal>;
  readonly feed: Feed<ChannelSignal>;
  readonly #parts: WatchParts;
  readonly #tracker: EventTracker;
  readonly #onStop: () => void;
  readonly #deaf: (() => void) | undefined;

  constructor(parts: WatchParts, ref: KeyRef, onStop: () => void) {
    const { context, keys, events } = parts;
    const { value } = valueKeys(context.keys, ref);
    this.#parts = parts;
    this.#onStop = onStop;
    this.#tracker = new EventTracker(context, keys, ref, this);
    this.line$ = context.connection.pubsub.channel(value);
    this.feed = new Feed(context.runtime, this);
    this.#deaf = events(ref)?.listen(value, {
      event: (_value, name) => { this.#tracker.noticed(name); },
      // Before the channel is there too, a reading is due anyway.
      subscribed: () => { if (this.feed.isUp) this.#tracker.doubt(); },
    });
  }

  take(signal: ChannelSignal): void {
    if (signal.kind !== 'message') return;
    const message = readChange(signal.text);
    if (message === undefined) this.#tracker.doubt();
    else this.#tracker.heard(message);
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
    this.#deaf?.();
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

export function keyFeed(parts: WatchParts, ref: KeyRef, onStop: () => void): Feed<ChannelSignal> {
  return new KeySource(parts, ref, onStop).feed;
}
