import type { Observable } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { KeyDelete, KeyState, KeyStore, KeyVersion, KeyWrite, KeyWriteAnswer } from '../../port/key-store.js';
import type { KeyRef, Scope } from '../../port/names.js';
import type { CancelTimer, Runtime } from '../../port/runtime.js';
import type { KeyChange, KeyChangeCause } from '../../port/watch-source.js';
import type { Gate } from './gate.js';
import { Recent } from './recent.js';
import { Scoped } from './scoped.js';

/** How many deleted keys are remembered at least. */
const rememberedDeletes = 8_192;

interface KeyRecord {
  readonly ref: KeyRef;
  state: KeyState;
  writtenAt: number;
  /** How many replaced values the last write wanted kept. */
  keep: number;
  /** Newest first. */
  history: readonly KeyVersion[];
  cancel: CancelTimer | undefined;
}

/**
 * Shared keys. All revisions come from one counter, never below the clock, so that a key created again is always above what it was. A key
 * that is gone is remembered for a while by its last revision; after that it answers with the highest revision that
 * was ever forgotten, which is 0 for as long as nothing was. An expected revision of 0 fits that answer too.
 */
export class KeyTable implements KeyStore {
  /** Told of every change. */
  onChange: (change: KeyChange) => void = () => undefined;
  /** Whether the end of a value must be noticed in time. */
  isWatched: (key: KeyRef) => boolean = () => false;
  readonly #gate: Gate;
  readonly #runtime: Runtime;
  readonly #records: Scoped<KeyRecord> = new Scoped();
  readonly #gone: Recent<string, number> = new Recent(rememberedDeletes, (revision) => this.#forget(revision));
  #revision = 0;
  #forgotten = 0;

  constructor(gate: Gate, runtime: Runtime) {
    this.#gate = gate;
    this.#runtime = runtime;
  }

  get(key: KeyRef): Observable<KeyState> {
    return this.#gate.once(() => this.read(key));
  }

  set(write: KeyWrite): Observable<KeyWriteAnswer> {
    return this.#gate.once(() => {
      const { key, body, codec, ttlMs, expectedRevision, keepVersions } = write;
      const before = this.read(key);
      if (!this.#fits(before, expectedRevision)) return { written: false, state: before };
      if (before.mark === 'closed') throw keyClosed(key);
      const now = this.#gate.now();
      const state: KeyState = { revision: this.#nextRevision(), body, codec, expiresAt: ttlMs === undefined ? undefined : now + ttlMs, mark: 'none' };
      this.#store(key, state, keepVersions ?? 0, now);
      this.#changed(key, state, 'set');
      return { written: true, state };
    });
  }

  del({ key, mark, expectedRevision }: KeyDelete): Observable<KeyWriteAnswer> {
    return this.#gate.once(() => {
      const before = this.read(key);
      if (!this.#fits(before, expectedRevision)) return { written: false, state: before };
      if (before.mark === 'tombstone' && mark === 'none' && expectedRevision === before.revision) return { written: true, state: this.#lift(key, before) };
      // Nothing to delete and nothing new to remember: done, without a change.
      if (before.body === undefined && (before.mark === mark || mark === 'none' || before.mark === 'closed')) return { written: true, state: before };
      const state: KeyState = { revision: this.#nextRevision(), body: undefined, expiresAt: undefined, mark };
      if (mark === 'none') this.#drop(key, state.revision);
      else {
        const keep = mark === 'closed' ? (this.#records.get(key, key.key)?.keep ?? 0) : 0;
        this.#store(key, state, keep, this.#gate.now());
      }
      this.#changed(key, state, 'delete');
      return { written: true, state };
    });
  }

  expire(key: KeyRef, ttlMs: number): Observable<boolean> {
    return this.#gate.once(() => {
      if (this.read(key).body === undefined) return false;
      const record = this.#records.get(key, key.key) as KeyRecord;
      record.state = { ...record.state, expiresAt: this.#gate.now() + ttlMs };
      this.#arm(record);
      return true;
    });
  }

  history(key: KeyRef, limit: number): Observable<readonly KeyVersion[]> {
    return this.#gate.once(() => {
      this.read(key);
      return (this.#records.get(key, key.key)?.history ?? []).slice(0, limit);
    });
  }

  /** The state now; a value whose time is over ends here. */
  read(key: KeyRef): KeyState {
    const record = this.#records.get(key, key.key);
    if (record === undefined) return { revision: this.#gone.get(nameOf(key)) ?? this.#forgotten, body: undefined, expiresAt: undefined, mark: 'none' };
    if (record.state.expiresAt === undefined || record.state.expiresAt > this.#gate.now()) return record.state;
    return this.#expire(record);
  }

  /** The values of a scope whose keys begin with `prefix`. */
  present(scope: Scope, prefix: string): KeyChange[] {
    const found: KeyChange[] = [];
    for (const { ref } of this.#records.in(scope)) {
      if (!ref.key.startsWith(prefix)) continue;
      const state = this.read(ref);
      if (state.body !== undefined) found.push({ key: ref, state, cause: 'resync' });
    }
    return found;
  }

  /** Somebody began or ceased to watch this key. */
  rearm(key: KeyRef): void {
    const record = this.#records.get(key, key.key);
    if (record !== undefined) this.#arm(record);
  }

  /** The same for all keys that begin with `prefix`. */
  rearmAll(scope: Scope, prefix: string): void {
    for (const record of this.#records.in(scope)) if (record.ref.key.startsWith(prefix)) this.#arm(record);
  }

  nextTurn(work: () => void): void {
    this.#runtime.turn(work);
  }

  close(): void {
    for (const record of this.#records) record.cancel?.();
  }

  #fits(state: KeyState, expected: number | undefined): boolean {
    return expected === undefined || expected === state.revision || (expected === 0 && state.body === undefined && state.revision === this.#forgotten);
  }

  #store(key: KeyRef, state: KeyState, keep: number, now: number): void {
    const found = this.#records.get(key, key.key);
    const record: KeyRecord = found ?? { ref: { tenantId: key.tenantId, namespace: key.namespace, key: key.key }, state, writtenAt: now, keep, history: [], cancel: undefined };
    if (found !== undefined) {
      const { revision, body } = record.state;
      const replaced: KeyVersion[] = body === undefined ? [] : [{ revision, body, writtenAt: record.writtenAt }];
      record.history = keep > 0 ? [...replaced, ...record.history].slice(0, keep) : [];
      record.state = state;
      record.writtenAt = now;
      record.keep = keep;
    } else {
      this.#records.set(key, key.key, record);
      this.#gone.delete(nameOf(key));
    }
    this.#arm(record);
  }

  #drop(key: KeyRef, revision: number): void {
    this.#records.get(key, key.key)?.cancel?.();
    this.#records.delete(key, key.key);
    this.#gone.set(nameOf(key), revision);
  }

  #expire(record: KeyRecord): KeyState {
    const state: KeyState = { revision: this.#nextRevision(), body: undefined, expiresAt: undefined, mark: 'none' };
    this.#drop(record.ref, state.revision);
    this.#changed(record.ref, state, 'expire');
    return state;
  }

  /** The deletion is remembered no longer than any other. */
  #lift(key: KeyRef, { revision }: KeyState): KeyState {
    this.#drop(key, revision);
    return { revision, body: undefined, expiresAt: undefined, mark: 'none' };
  }

  /** Not below the clock in µs: a process that starts again goes on above what it copied to a warm tier before. */
  #nextRevision(): number {
    this.#revision = Math.max(this.#revision + 1, this.#gate.now() * 1_000);
    return this.#revision;
  }

  /** A timer only where somebody watches. */
  #arm(record: KeyRecord): void {
    record.cancel?.();
    const { expiresAt } = record.state;
    record.cancel = expiresAt === undefined || !this.isWatched(record.ref) ? undefined : this.#runtime.at(expiresAt, () => void this.read(record.ref));
  }

  #changed(key: KeyRef, state: KeyState, cause: KeyChangeCause): void {
    this.onChange({ key, state, cause });
  }

  #forget(revision: number): void {
    if (revision > this.#forgotten) this.#forgotten = revision;
  }
}

function keyClosed({ key }: KeyRef): ChronowError {
  return new ChronowError('KEY_CLOSED', `key "${key}" was deleted for good and keeps only its history; use another key.`, { details: { key } });
}

/** The first two are names without a line break. */
function nameOf({ tenantId, namespace, key }: KeyRef): string {
  return `${tenantId}\n${namespace}\n${key}`;
}
