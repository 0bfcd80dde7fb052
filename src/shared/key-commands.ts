import { catchError, concatMap, defer, forkJoin, map, of, tap, type Observable } from 'rxjs';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ChronowError } from '../errors.js';
import { checkSharedKey } from '../keys/names.js';
import { checkOptions, type OptionRules } from '../options/check-options.js';
import type { KeyState, KeyWriteAnswer } from '../port/key-store.js';
import type { Body } from '../port/message.js';
import type { KeyRef } from '../port/names.js';
import type { WarmVersion } from '../port/warm-store.js';
import type { Client } from '../topic/client.js';
import { PayloadCoder } from '../topic/payload-coder.js';
import { topicRef, type ScopeOptions } from '../topic/refs.js';
import type { FallThrough } from '../warm/fall-through.js';
import { owedValue } from '../warm/guard/owed.js';
import { settled, type WarmSettings } from '../warm/settings.js';
import type { WarmTier } from '../warm/warm-tier.js';
import type { SharedEntry, SharedVersion, WarmOptions, WriteOptions } from './options.js';
import { warmRules } from './rules.js';

/** An `update` gives up after so many writes of others came between. */
const maxConflicts = 1_000;

/** How a value is changed: `next` gets what is there, or undefined, and answers what shall be there. */
export interface KeyUpdate<T> {
  readonly key: KeyRef;
  readonly coder: PayloadCoder<T>;
  readonly next: (value: T | undefined) => T;
  readonly options: WriteOptions;
}

/** Where values are kept. Without a warm tier both are undefined. */
export interface Tiers {
  readonly warm: WarmTier | undefined;
  readonly fallThrough: FallThrough | undefined;
  /** What of them is kept where a call says nothing. */
  readonly settings: WarmSettings;
}

/** What calls and watches do with a key. */
export class KeyCommands {
  readonly client: Client;
  readonly #tiers: Tiers;
  readonly #wrote: (key: KeyRef, state: KeyState) => void;

  /** `wrote` is told of every write that was done. */
  constructor(client: Client, tiers: Tiers, wrote: (key: KeyRef, state: KeyState) => void) {
    this.client = client;
    this.#tiers = tiers;
    this.#wrote = wrote;
  }

  /** A call: checked, and refused after close(), when it is subscribed. */
  command<R>(call: string, options: object, rules: OptionRules, command: () => Observable<R>): Observable<R> {
    return defer(() => {
      checkOptions(call, options, rules);
      this.client.assertOpen(call);
      return command();
    });
  }

  ref(key: string, scope: ScopeOptions): KeyRef {
    checkSharedKey(key);
    const { tenantId, namespace } = topicRef(this.client.defaults, 'any', scope);
    return { tenantId, namespace, key };
  }

  coder<T>(key: string, schema: StandardSchemaV1<unknown, T> | undefined): PayloadCoder<T> {
    return new PayloadCoder<T>(this.client, `the value of shared key ${key}`, undefined, schema);
  }

  /** What is hot, else what is warm. */
  read(key: KeyRef): Observable<KeyState> {
    const { fallThrough } = this.#tiers;
    return fallThrough === undefined ? this.client.broker.keys.get(key) : fallThrough.read(key);
  }

  entry<T>(key: KeyRef, coder: PayloadCoder<T>): Observable<SharedEntry<T>> {
    return this.read(key).pipe(concatMap((state) => valueOf(state, coder).pipe(map((value) => {
      const { revision, expiresAt } = state;
      return value === undefined ? { value: null, revision, expiresAt: undefined } : { value, revision, expiresAt };
    }))));
  }

  /** With a warm tier the deletion is remembered until that has it too: nothing comes back meanwhile. */
  del(key: KeyRef, isFinal: boolean): Observable<void> {
    const { warm, settings } = this.#tiers;
    const mark = isFinal ? 'closed' : warm === undefined ? 'none' : 'tombstone';
    const deleted = this.client.broker.keys.del({ key, mark }).pipe(tap(({ state }) => { this.#wrote(key, state); }));
    if (warm === undefined) return deleted.pipe(map(() => undefined));
    return warm.guarded(owedValue(key, settings), deleted, ({ state }, copied) => warm.endValue(key, state.revision, state.mark === 'closed', copied));
  }

  /** Versions of a value, newest first. */
  history<T>(key: KeyRef, coder: PayloadCoder<T>, limit: number): Observable<readonly SharedVersion<T>[]> {
    const { warm } = this.#tiers;
    if (warm === undefined) throw new ChronowError('WARM_NOT_CONFIGURED', `history of ${key.key}: earlier values are kept in the warm tier; configure MONGO_URI or chronos`);
    return warm.history(key, limit).pipe(concatMap((versions) => (versions.length === 0 ? of([]) : forkJoin(versions.map((version) => versionOf(version, coder))))));
  }

  /** Checked by the schema, encoded, written. */
  write<T>(key: KeyRef, coder: PayloadCoder<T>, value: T, options: WriteOptions, expectedRevision: number | undefined): Observable<KeyWriteAnswer> {
    return coder.checked(value).pipe(concatMap((checked) => {
      const { defaults, broker } = this.client;
      const { hotTtlSeconds = defaults.hotTtlSeconds, maxValueBytes = defaults.maxValueBytes } = options;
      const settings = this.#warmSettings(key, options.warm ?? {});
      const { body, codec } = coder.encode(checked, { maxBytes: maxValueBytes, code: 'VALUE_TOO_LARGE' });
      const ttlMs = hotTtlSeconds === undefined ? undefined : Math.ceil(hotTtlSeconds * 1_000);
      const written = broker.keys.set({ key, body, codec, ttlMs, expectedRevision }).pipe(tap((answer) => { if (answer.written) this.#wrote(key, answer.state); }));
      return settings.persist === false ? written : this.#kept(key, body, written, settings);
    }));
  }

  /** Answers the state after the write; errors `REVISION_CONFLICT` where somebody else came between. */
  set<T>(key: KeyRef, coder: PayloadCoder<T>, value: T, options: WriteOptions, expectedRevision: number | undefined): Observable<KeyState> {
    return this.write(key, coder, value, options, expectedRevision).pipe(map(({ written, state }) => {
      if (!written) throw revisionConflict(key, expectedRevision, state.revision);
      return state;
    }));
  }

  /** Reads, changes and writes until nobody came between. */
  update<T>(update: KeyUpdate<T>, attempt = 1): Observable<{ readonly value: T; readonly state: KeyState }> {
    const { key, coder, options, next } = update;
    return this.read(key).pipe(
      concatMap((state) => valueOf(state, coder).pipe(concatMap((value) => {
        const wanted = next(value);
        if (options.hotTtlSeconds === undefined && this.#isSame(state, coder, wanted, options)) return of({ value: wanted, state });
        return this.write(key, coder, wanted, options, state.revision).pipe(concatMap((answer) => {
          if (answer.written) return of({ value: wanted, state: answer.state });
          if (attempt === maxConflicts) throw revisionConflict(key, state.revision, answer.state.revision);
          return this.update(update, attempt + 1);
        }));
      }))),
    );
  }

  #isSame<T>({ body }: KeyState, coder: PayloadCoder<T>, value: T, { maxValueBytes = this.client.defaults.maxValueBytes }: WriteOptions): boolean {
    return typeof body === 'string' && body === coder.encode(value, { maxBytes: maxValueBytes, code: 'VALUE_TOO_LARGE' }).body;
  }

  #kept(key: KeyRef, body: Body, written: Observable<KeyWriteAnswer>, settings: WarmSettings): Observable<KeyWriteAnswer> {
    const { warm } = this.#tiers;
    if (warm === undefined) {
      return written.pipe(tap((answer) => { if (answer.written) this.client.report({ type: 'warm-not-configured', topic: undefined, key: key.key }); }));
    }
    return warm.guarded(owedValue(key, settings), written, (answer, copied) => {
      if (answer.written) return warm.keepValue(key, body, answer.state.revision, settings, copied).pipe(map(() => answer));
      copied();
      return of(answer);
    });
  }

  /** Refused before anything is written. */
  #warmSettings(key: KeyRef, wish: WarmOptions): WarmSettings {
    checkOptions('set({ warm })', wish, warmRules);
    const settings = settled(this.#tiers.settings, wish);
    if (settings.persist === 'required' && this.#tiers.warm === undefined) throw new ChronowError('WARM_NOT_CONFIGURED', `set ${key.key}: warm.persist: 'required' needs a warm tier; configure MONGO_URI or chronos`);
    return settings;
  }
}

/** The value as the schema makes it; undefined where the key is absent. */
export function valueOf<T>({ body, codec }: KeyState, coder: PayloadCoder<T>): Observable<T | undefined> {
  return body === undefined ? of(undefined) : defer(() => coder.checked(coder.decode(body, codec)));
}

function versionOf<T>({ body, version, revision, writtenAt }: WarmVersion, coder: PayloadCoder<T>): Observable<SharedVersion<T>> {
  const known = { version, revision, writtenAt };
  return valueOf({ body, revision, expiresAt: undefined, mark: 'none' }, coder).pipe(
    map((value) => ({ ...known, value: value === undefined ? null : value, isDeletion: body === undefined, problem: undefined })),
    catchError((error: unknown) => of({ ...known, value: null, isDeletion: false, problem: error instanceof Error ? error.message : 'the value cannot be read' })),
  );
}

/** What the function of an `update` answered. */
export function changed<T>(key: string, next: T): T {
  if (next === undefined || next instanceof Promise) throw new ChronowError('UPDATE_INVALID', `update of ${key}: the function must answer the new value at once; got ${next === undefined ? 'undefined' : 'a promise'}`);
  return next;
}

function revisionConflict({ key }: KeyRef, expected: number | undefined, found: number): ChronowError {
  return new ChronowError('REVISION_CONFLICT', `shared key ${key} is at revision ${String(found)}, not ${String(expected)}: somebody else wrote it; read again, or use update()`, { details: { key, expected, found }, retryable: true });
}
