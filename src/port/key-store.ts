import type { Observable } from 'rxjs';
import type { Body } from './message.js';
import type { KeyRef } from './names.js';

/**
 * The state of a shared key. A revision only grows, also across delete and re-create. It is at least the backend's clock at the
 * write, in µs since the epoch, so that it also grows where a store came back empty: of copies in the warm tier the highest counts.
 * (Milliseconds would be overtaken by a thousand writes a second.)
 */
export interface KeyState {
  readonly revision: number;
  /** The encoded value, or undefined where the key is absent, deleted or expired. */
  readonly body: Body | undefined;
  readonly codec?: string | undefined;
  /** When the value expires (ms since the epoch), or undefined. */
  readonly expiresAt: number | undefined;
  /** `tombstone`: deleted, and the deletion is remembered until the warm tier has confirmed it. `closed`: for good. */
  readonly mark: 'none' | 'tombstone' | 'closed';
}

export interface KeyWrite {
  readonly key: KeyRef;
  readonly body: Body;
  readonly codec?: string | undefined;
  /** Time to live in ms; undefined: none. */
  readonly ttlMs: number | undefined;
  /** Write only where the key is at this revision (0: never written); undefined: whatever it is. */
  readonly expectedRevision?: number | undefined;
  /** Keep the replaced values for `history`, at most this many; undefined: none. */
  readonly keepVersions?: number | undefined;
}

/** What a write found: the new state, or the state that was in its way. */
export interface KeyWriteAnswer {
  readonly written: boolean;
  readonly state: KeyState;
}

export interface KeyDelete {
  readonly key: KeyRef;
  /**
   * `tombstone`: remember the deletion; `closed`: also keep the history and refuse to re-warm. `none` with the revision of a tombstone as
   * `expectedRevision` lifts it: the key stays absent at that revision, which is no change.
   */
  readonly mark: 'none' | 'tombstone' | 'closed';
  readonly expectedRevision?: number | undefined;
}

/** One earlier value of a key. */
export interface KeyVersion {
  readonly revision: number;
  readonly body: Body | undefined;
  readonly writtenAt: number;
}

/** Shared keys in the hot tier. */
export interface KeyStore {
  get(key: KeyRef): Observable<KeyState>;
  set(write: KeyWrite): Observable<KeyWriteAnswer>;
  del(request: KeyDelete): Observable<KeyWriteAnswer>;
  /** Sets the time to live of a value that exists; false when there is none. */
  expire(key: KeyRef, ttlMs: number): Observable<boolean>;
  /** Earlier values, newest first. */
  history(key: KeyRef, limit: number): Observable<readonly KeyVersion[]>;
}
