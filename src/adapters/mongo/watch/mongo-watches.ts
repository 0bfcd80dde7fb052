import type { Observable } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { KeyRef, Scope } from '../../../port/names.js';
import type { WatchSignal, WatchSource } from '../../../port/watch-source.js';
import { WatchFeeds } from '../../common/watch-feeds.js';
import type { Context } from '../context.js';
import type { MongoKeys } from '../keys/mongo-keys.js';
import { keyFeed } from './key-feed.js';
import { defaultReconcileMs, type WatchOptions } from './options.js';
import { prefixFeed } from './prefix-feed.js';
import type { WatchParts } from './watch-parts.js';

/**
 * Changes of shared values, out of the one change stream of this process, or by polling where there is none. Events tell what is newer, reads what is there: a read is
 * never older than what was told before it. Timers of our own tell of expiry; a slow reading finds the rest. What is shown is decided by revisions.
 */
export class MongoWatches implements WatchSource {
  readonly #parts: WatchParts;
  readonly #feeds = new WatchFeeds(() => new ChronowError('CLOSED', 'the MongoDB broker is closed; create a new one.'));

  constructor(context: Context, keys: MongoKeys, { reconcileMs = defaultReconcileMs }: WatchOptions = {}) {
    this.#parts = { context, keys, reconcileMs };
  }

  /** Somebody watches something. */
  get isWatched(): boolean {
    return this.#feeds.size > 0;
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
}
