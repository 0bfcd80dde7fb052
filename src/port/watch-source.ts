import type { Observable } from 'rxjs';
import type { KeyState } from './key-store.js';
import type { KeyRef, Scope } from './names.js';

/** Why a watched key is shown: it was written, deleted or expired, or it was read again after a gap. */
export type KeyChangeCause = 'set' | 'delete' | 'expire' | 'resync';

/** A state that a backend showed a watcher. Several may be skipped; the revision never goes back. */
export interface KeyChange {
  readonly key: KeyRef;
  readonly state: KeyState;
  readonly cause: KeyChangeCause;
}

/** `live`: every later change will be shown. `stale`: the line is down; what was shown may be old. */
export type WatchStatus = 'syncing' | 'live' | 'stale';

export type WatchSignal = { readonly kind: 'change'; readonly change: KeyChange } | { readonly kind: 'status'; readonly status: WatchStatus };

/**
 * Changes of keys. Cold; a backend subscribes to changes first, reads second and compares revisions, so that nothing
 * falls between. The first signals are the present states with cause `resync`, then `live`. Never errors on link loss:
 * it signals `stale` and, once back, reads again. Ends only with unsubscribe or an unrecoverable error.
 */
export interface WatchSource {
  watchKey(key: KeyRef): Observable<WatchSignal>;
  /** Every key of the scope that begins with `prefix`. */
  watchPrefix(scope: Scope, prefix: string): Observable<WatchSignal>;
}
