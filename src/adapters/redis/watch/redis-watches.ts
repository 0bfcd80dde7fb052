import type { Observable } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { KeyRef, Scope } from '../../../port/names.js';
import type { WatchSignal, WatchSource } from '../../../port/watch-source.js';
import { WatchFeeds } from '../../common/watch-feeds.js';
import type { Context } from '../context.js';
import type { RedisKeys } from '../keys/redis-keys.js';
import { keyFeed } from './key-feed.js';
import { Notifications } from './notifications.js';
import { defaultReconcileMs, type WatchOptions } from './options.js';
import { prefixFeed } from './prefix-feed.js';
import { ScopeEvents } from './scope-events.js';
import type { WatchParts } from './watch-parts.js';

/**
 * Changes of shared values. Scripts publish what they write; keyspace events tell of other programs' writes where the server sends them; timers
 * of our own tell of expiry; a slow reading finds the rest. All of these only say that there is something newer: what is shown is decided by revisions.
 */
export class RedisWatches implements WatchSource {
  readonly #parts: WatchParts;
  readonly #feeds = new WatchFeeds(() => new ChronowError('CLOSED', 'the Redis broker is closed; create a new one.'));
  readonly #events = new Map<string, ScopeEvents>();
  readonly #notifications: Notifications;

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
    return this.#feeds.watch('key', ref, key, (stop) => keyFeed(this.#parts, ref, stop));
  }

  watchPrefix({ tenantId, namespace }: Scope, prefix: string): Observable<WatchSignal> {
    const scope = { tenantId, namespace };
    return this.#feeds.watch('prefix', scope, prefix, (stop) => prefixFeed(this.#parts, scope, prefix, stop));
  }

  /** Watches end with the broker. */
  close(): void {
    this.#feeds.close();
  }

  #eventsOf(scope: Scope): ScopeEvents {
    const name = `${scope.tenantId}\n${scope.namespace}`;
    const found = this.#events.get(name);
    if (found !== undefined) return found;
    const events = new ScopeEvents(this.#parts.context, scope, () => { void this.#notifications.check(scope, events); });
    this.#events.set(name, events);
    return events;
  }
}
