import { defer, map, type Observable } from 'rxjs';
import type { KeyStore } from '../../port/key-store.js';
import type { KeyRef } from '../../port/names.js';
import { ChronowError } from '../../errors.js';
import { closedRecord, recordText, type GuardRecord } from './record.js';

/** A record that was taken from an owner who does not write it any more. Nobody else knows the revision of its latest write: only one can go on. */
export class Holding {
  readonly #keys: KeyStore;
  readonly #key: KeyRef;
  #revision: number;
  #record: GuardRecord;

  private constructor(keys: KeyStore, key: KeyRef, revision: number, record: GuardRecord) {
    this.#keys = keys;
    this.#key = key;
    this.#revision = revision;
    this.#record = record;
  }

  /** undefined: somebody else was first, or the owner is back. */
  static take(keys: KeyStore, key: KeyRef, revision: number, record: GuardRecord): Observable<Holding | undefined> {
    return keys.set({ key, body: recordText(record), ttlMs: undefined, expectedRevision: revision }).pipe(
      map(({ written, state }) => (written ? new Holding(keys, key, state.revision, record) : undefined)),
    );
  }

  get record(): GuardRecord {
    return this.#record;
  }

  /** The backend's time when it was written last, ms since the epoch. */
  get writtenAt(): number {
    return this.#revision / 1_000;
  }

  /** Notes what is still to be done, and that somebody is at it. Errors where it was taken by somebody else. */
  keep(record: GuardRecord): Observable<void> {
    return defer(() => this.#keys.set({ key: this.#key, body: recordText(record), ttlMs: undefined, expectedRevision: this.#revision })).pipe(map(({ written, state }) => {
      if (!written) throw taken();
      this.#revision = state.revision;
      this.#record = record;
    }));
  }

  /** Nothing of it is owed any more. */
  drop(): Observable<void> {
    return defer(() => this.#keys.del({ key: this.#key, mark: 'none', expectedRevision: this.#revision })).pipe(map(({ written }) => { if (!written) throw taken(); }));
  }
}

/** An owner that comes back must not write a name that nobody looks for any more. Whether it is closed now; the end of it goes by itself. */
export function close(keys: KeyStore, key: KeyRef, revision: number, ttlMs: number): Observable<boolean> {
  return keys.set({ key, body: closedRecord, ttlMs, expectedRevision: revision }).pipe(map(({ written }) => written));
}

function taken(): ChronowError {
  return new ChronowError('REVISION_CONFLICT', 'somebody else goes on with what was owed to the warm tier', { retryable: true });
}
