import type { Timestamp } from 'mongodb';
import { Observable, type Subscriber } from 'rxjs';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import type { StreamEvent } from './change-events.js';
import type { Feed, FeedEvents } from './feed.js';
import type { Hints, KeyFilter, KeyHint, TopicHint } from './hints.js';
import { coversKey, coversTopics, selectionOf, type StreamFilter } from './stream-filter.js';

export interface HubParts {
  readonly runtime: Runtime;
  /** Makes a source; the stream where there are change streams. */
  readonly feed: (mode: Hints['mode'], events: FeedEvents, wanted: () => StreamFilter, keyFilters: () => readonly KeyFilter[]) => Feed;
  /** Somebody dropped something under us. */
  readonly dropped: () => void;
  /** The servers take it back: polling from now on. */
  readonly refused: (why: string) => void;
}

interface Listener<T> {
  readonly subscriber: Subscriber<T>;
  /** It has been told to look at everything once. */
  isLive: boolean;
}

type KeyListener = Listener<KeyHint> & { readonly filter: KeyFilter };

/** Who listens for what; one source tells all. */
export class HintHub implements Hints, FeedEvents {
  mode: Hints['mode'] = 'polling';
  readonly #parts: HubParts;
  readonly #topics = new Map<string, Set<Listener<TopicHint>>>();
  readonly #keys = new Set<KeyListener>();
  readonly #keysById = new Map<string, Set<KeyListener>>();
  #feed: Feed | undefined = undefined;
  #told: { readonly filter: StreamFilter; at: Timestamp | undefined } | undefined = undefined;
  #isOpen = false;
  #isClosed = false;
  #cancelStop: CancelTimer | undefined = undefined;
  #stopping: Promise<void> = Promise.resolve();

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  topic(topicId: string): Observable<TopicHint> {
    return new Observable((subscriber) => {
      const listener: Listener<TopicHint> = { subscriber, isLive: false };
      const listeners = this.#topics.get(topicId) ?? new Set();
      listeners.add(listener);
      this.#topics.set(topicId, listeners);
      this.#joined();
      if (this.#told !== undefined && coversTopics(this.#told.filter, [topicId])) tellGap(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#topics.get(topicId) === listeners) this.#topics.delete(topicId);
        this.#left();
      };
    });
  }

  keys(filter: KeyFilter): Observable<KeyHint> {
    return new Observable((subscriber) => {
      const listener: KeyListener = { subscriber, filter, isLive: false };
      this.#keys.add(listener);
      if ('id' in filter) this.#keysById.set(filter.id, (this.#keysById.get(filter.id) ?? new Set()).add(listener));
      this.#joined();
      // Polling has to look at a new key first.
      if (this.mode === 'stream' && this.#told !== undefined && coversKey(this.#told.filter, filter)) tellLive(listener, this.#told.at, true);
      return () => {
        this.#keys.delete(listener);
        if ('id' in filter && this.#keysById.get(filter.id)?.delete(listener) === true && this.#keysById.get(filter.id)?.size === 0) this.#keysById.delete(filter.id);
        this.#left();
      };
    });
  }

  /** The servers are there and were found to have change streams, or not. */
  open(mode: Hints['mode']): void {
    if (this.#isOpen || this.#isClosed) return;
    this.#isOpen = true;
    this.mode = mode;
    if (this.#isWanted()) this.#joined();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelStop?.();
    for (const listeners of [...this.#topics.values()]) for (const { subscriber } of [...listeners]) subscriber.complete();
    for (const { subscriber } of [...this.#keys]) subscriber.complete();
    this.#stop();
    await this.#stopping;
  }

  live(at: Timestamp | undefined, missed: boolean, filter: StreamFilter): void {
    this.#told = { filter, at };
    for (const [id, listeners] of [...this.#topics]) {
      if (coversTopics(filter, [id])) for (const listener of [...listeners]) if (missed || !listener.isLive) tellGap(listener);
    }
    for (const listener of [...this.#keys]) if (coversKey(filter, listener.filter)) tellLive(listener, at, missed);
  }

  stale(): void {
    if (this.#told === undefined) return;
    this.#told = undefined;
    for (const { subscriber, isLive } of [...this.#keys]) if (isLive) subscriber.next({ kind: 'stale' });
  }

  event(event: StreamEvent): void {
    if (event.kind === 'topic') {
      for (const { subscriber } of [...(this.#topics.get(event.id) ?? [])]) subscriber.next({ kind: event.isChange ? 'changed' : 'ready' });
      return;
    }
    if (event.kind === 'reset') {
      this.#parts.dropped();
      if (this.#told !== undefined) this.live(this.#told.at, true, this.#told.filter);
      return;
    }
    if (this.#told !== undefined && event.at !== undefined) this.#told.at = event.at;
    for (const { subscriber } of [...(this.#keysById.get(event.id) ?? [])]) subscriber.next(event);
    for (const { subscriber, filter } of [...this.#keys]) if ('prefix' in filter && event.id.startsWith(filter.prefix)) subscriber.next(event);
  }

  refused(why: string): void {
    this.#stop();
    this.mode = 'polling';
    this.#parts.refused(why);
    if (this.#isWanted()) this.#joined();
  }

  #joined(): void {
    this.#cancelStop?.();
    if (!this.#isOpen || this.#isClosed) return;
    if (this.#feed === undefined) this.#feed = this.#parts.feed(this.mode, this, () => this.#wanted(), () => this.#keyFilters());
    else this.#feed.widen();
  }

  /** A stream that nobody needs stays for a moment: one consumer often follows another. */
  #left(): void {
    if (this.#isWanted() || this.#isClosed) return;
    const { runtime } = this.#parts;
    this.#cancelStop?.();
    this.#cancelStop = runtime.at(runtime.now() + 1_000, () => { this.#stop(); });
  }

  #stop(): void {
    const feed = this.#feed;
    this.#feed = undefined;
    this.stale();
    if (feed !== undefined) this.#stopping = Promise.all([this.#stopping, feed.stop()]).then(() => undefined);
  }

  #isWanted(): boolean {
    return this.#topics.size > 0 || this.#keys.size > 0;
  }

  #keyFilters(): readonly KeyFilter[] {
    return [...this.#keys].map(({ filter }) => filter);
  }

  #wanted(): StreamFilter {
    return { topics: new Set(this.#topics.keys()), keys: selectionOf(this.#keyFilters()) };
  }
}

function tellGap(listener: Listener<TopicHint>): void {
  listener.isLive = true;
  listener.subscriber.next({ kind: 'gap' });
}

function tellLive(listener: Listener<KeyHint>, at: Timestamp | undefined, missed: boolean): void {
  const isFirst = !listener.isLive;
  listener.isLive = true;
  listener.subscriber.next({ kind: 'live', at, missed: missed || isFirst });
}
