import { Observable, type Subscriber } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { KeyRef, Scope } from '../../../port/names.js';
import type { WatchSignal, WatchSource } from '../../../port/watch-source.js';
import type { Context } from '../context.js';
import type { RedisKeys } from '../keys/redis-keys.js';
import { keyFeed } from './key-source.js';
import { Notifications } from './notifications.js';
import { defaultReconcileMs, type WatchOptions } from './options.js';
import { prefixFeed } from './prefix-source.js';
import { ScopeEvents } from './scope-events.js';
import type { WatchParts } from './watch-parts.js';

/** What is running, whatever it watches. */
interface Running {
  watch(subscriber: Subscriber<WatchSignal>): () => void;
  end(): void;
}

/**
 * Changes of shared values. Scripts publish what they write; keyspace events tell of other programs' writes where the server sends them; timers
 * of our own tell of expiry; a slow reading finds the rest. All of these only say that there is something newer: what is shown is decided by revisions.
 */
export class RedisWatches implements WatchSource {
  readonly #parts: WatchParts;
  readonly #feeds = new Map<string, Running>();
  readonly #events = new Map<string, ScopeEvents>();
  readonly #notifications: Notifications;
  #isClosed = false;

  constructor(context: Context, keys: RedisKeys, { keyspaceEvents = 'auto', reconcileMs = defaultReconcileMs }: WatchOptions = {}) {
    this.#notifications = new Notifications(context, keyspaceEvents === 'enable');
    this.#parts = { context, keys, reconcileMs, events: keyspaceEvents === 'off' ? () => undefined : (scope) => this.#eventsOf(scope) };
  }

  /** Whether keyspace events arrive from every master; undefined before that was found out. */
  get eventsArrive(): boolean | undefined {
    return this.#notifications.arrive;
  }

  watchKey({ tenantId, namespace, key }: KeyRef): Observable<WatchSignal> {
    const ref = { tenantId, namespace, key };
    return this.#watch(nameOf('key', ref, key), (stop) => keyFeed(this.#parts, ref, stop));
  }

  watchPrefix({ tenantId, namespace }: Scope, prefix: string): Observable<WatchSignal> {
    const scope = { tenantId, namespace };
    return this.#watch(nameOf('prefix', scope, prefix), (stop) => prefixFeed(this.#parts, scope, prefix, stop));
  }

  /** Watches end with the broker. */
  close(): void {
    this.#isClosed = true;
    for (const feed of [...this.#feeds.values()]) feed.end();
  }

  #watch(name: string, make: (stop: () => void) => Running): Observable<WatchSignal> {
    return new Observable((subscriber) => {
      if (this.#isClosed) {
        subscriber.error(new ChronowError('CLOSED', 'the Redis broker is closed; create a new one.'));
        return undefined;
      }
      const feed = this.#feeds.get(name) ?? make(() => { this.#feeds.delete(name); });
      this.#feeds.set(name, feed);
      return feed.watch(subscriber);
    });
  }

  #eventsOf(scope: Scope): ScopeEvents {
    const name = nameOf('scope', scope, '');
    const found = this.#events.get(name);
    if (found !== undefined) return found;
    const events = new ScopeEvents(this.#parts.context, scope, () => { void this.#notifications.check(scope, events); });
    this.#events.set(name, events);
    return events;
  }
}

/** Tenant and namespace are names without a line break. */
function nameOf(kind: 'key' | 'prefix' | 'scope', { tenantId, namespace }: Scope, name: string): string {
  return [kind, tenantId, namespace, name].join('\n');
}
