import { Observable, type Subscriber } from 'rxjs';
import type { Scope } from '../../port/names.js';
import type { WatchSignal } from '../../port/watch-source.js';

/** What is running, whatever it watches. */
export interface RunningWatch {
  watch(subscriber: Subscriber<WatchSignal>): () => void;
  end(): void;
}

/** What is watched in this process: one feed for all who watch the same. */
export class WatchFeeds {
  readonly #closed: () => Error;
  readonly #feeds = new Map<string, RunningWatch>();
  #isClosed = false;

  /** `closed`: what they get who come later. */
  constructor(closed: () => Error) {
    this.#closed = closed;
  }

  /** `make` gets what it calls when nobody watches any more. */
  watch(kind: 'key' | 'prefix', { tenantId, namespace }: Scope, text: string, make: (stop: () => void) => RunningWatch): Observable<WatchSignal> {
    // Tenant and namespace are names without a line break.
    const name = [kind, tenantId, namespace, text].join('\n');
    return new Observable((subscriber) => {
      if (this.#isClosed) {
        subscriber.error(this.#closed());
        return undefined;
      }
      const feed = this.#feeds.get(name) ?? make(() => { this.#feeds.delete(name); });
      this.#feeds.set(name, feed);
      return feed.watch(subscriber);
    });
  }

  /** How many things are watched. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Watches end. */
  close(): void {
    this.#isClosed = true;
    for (const feed of [...this.#feeds.values()]) feed.end();
  }
}
