import { concatMap, defer, map, of, type Observable } from 'rxjs';
import { ChronowError } from '../errors.js';
import { checkSharedKey } from '../keys/names.js';
import { checkOptions, type OptionRules } from '../options/check-options.js';
import { anything, boolean, number, oneOf, wholeNumber } from '../options/rules.js';
import type { KeyState, KeyWriteAnswer } from '../port/key-store.js';
import type { KeyRef } from '../port/names.js';
import type { Client } from '../topic/client.js';
import { PayloadCoder, type EncodedPayload } from '../topic/payload-coder.js';
import { topicRef, type ScopeOptions } from '../topic/refs.js';
import type { DelOptions, GetOptions, SetOptions, SharedEntry, UpdateOptions, WarmOptions } from './options.js';

const whole = Number.MAX_SAFE_INTEGER;
const scopeRules: OptionRules = { namespace: anything, tenantId: anything };
const updateRules: OptionRules = {
  ...scopeRules,
  hotTtlSeconds: number(0.001, whole, 'seconds'),
  warm: anything,
  maxValueBytes: wholeNumber(1, whole, 'bytes'),
};
const setRules: OptionRules = { ...updateRules, expectedRevision: wholeNumber(0, whole) };
const warmRules: OptionRules = {
  persist: oneOf(true, false, 'required'),
  upsertStrategy: oneOf('append', 'latest'),
  retentionDays: number(0.001, whole, 'days'),
  maxVersions: wholeNumber(1, whole),
};

/** An `update` gives up after so many writes of others came between. */
const maxConflicts = 1_000;

/**
 * Shared values by name, in the hot tier. The promise forms start at once; their `$` twins are cold one-shot Observables for
 * pipelines and virtual time.
 *
 * @throws ChronowError from every call: `NAME_INVALID`, `OPTION_INVALID`, `CLOSED`, `LINK_LOST`.
 *
 * @example
 * ```ts
 * await cw.shared.set('greeting', { text: 'hello' }, { hotTtlSeconds: 120 });
 * const greeting = await cw.shared.get<{ text: string }>('greeting');
 * ```
 */
export class SharedValues {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The value, or null where the key is absent. Rejects with `FOREIGN_VALUE`, `PAYLOAD_UNDECODABLE`, `SCHEMA_REJECTED`. */
  get<T = unknown>(key: string, options: GetOptions<T> = {}): Promise<T | null> {
    return this.#client.promises.of(this.get$(key, options));
  }

  /** The cold twin of {@link SharedValues.get}. */
  get$<T = unknown>(key: string, options: GetOptions<T> = {}): Observable<T | null> {
    return this.entry$(key, options).pipe(map(({ value }) => value));
  }

  /** The value with its revision and expiry. Errors as {@link SharedValues.get}. */
  entry$<T = unknown>(key: string, options: GetOptions<T> = {}): Observable<SharedEntry<T>> {
    return this.#command('get', options, { ...scopeRules, schema: anything }, () => {
      const coder = this.#coder<T>(key, options);
      return this.#client.broker.keys.get(this.#ref(key, options)).pipe(concatMap((state) => entryOf(state, coder)));
    });
  }

  /** Writes a value; resolves with its revision. Rejects with `VALUE_TOO_LARGE`, `PAYLOAD_UNENCODABLE`, `REVISION_CONFLICT`, `KEY_CLOSED`, `WARM_NOT_CONFIGURED`. */
  set(key: string, value: unknown, options: SetOptions = {}): Promise<number> {
    return this.#client.promises.of(this.set$(key, value, options));
  }

  /** The cold twin of {@link SharedValues.set}. */
  set$(key: string, value: unknown, options: SetOptions = {}): Observable<number> {
    return this.#command('set', options, setRules, () => this.#write(key, value, options, options.expectedRevision).pipe(map(({ written, state }) => {
      if (!written) throw revisionConflict(key, options.expectedRevision, state.revision);
      return state.revision;
    })));
  }

  /**
   * Changes a value atomically: `change` gets what is there (`initial`, else null, where the key is absent) and answers what shall be
   * there; where somebody else wrote in between it is asked again. Where it answers what is there already, and no time to live was
   * named, nothing is written. Resolves with the new value.
   *
   * Rejects with `UPDATE_INVALID` when `change` answers undefined or a promise, with what it throws, with `REVISION_CONFLICT` after
   * 1 000 attempts, and as {@link SharedValues.set}.
   */
  update<T>(key: string, change: (value: T) => T, options: UpdateOptions & { readonly initial: T }): Promise<T>;
  update<T>(key: string, change: (value: T | null) => T, options?: UpdateOptions): Promise<T>;
  update<T>(key: string, change: (value: T) => T, options?: UpdateOptions & { readonly initial?: T }): Promise<T> {
    return this.#client.promises.of(this.#update(key, change, options));
  }

  /** The cold twin of {@link SharedValues.update}. */
  update$<T>(key: string, change: (value: T) => T, options: UpdateOptions & { readonly initial: T }): Observable<T>;
  update$<T>(key: string, change: (value: T | null) => T, options?: UpdateOptions): Observable<T>;
  update$<T>(key: string, change: (value: T) => T, options?: UpdateOptions & { readonly initial?: T }): Observable<T> {
    return this.#update(key, change, options);
  }

  /** Ends a value, if there is one. `tombstone` keeps the append history and closes the key. */
  del(key: string, options: DelOptions = {}): Promise<void> {
    return this.#client.promises.of(this.del$(key, options));
  }

  /** The cold twin of {@link SharedValues.del}. */
  del$(key: string, options: DelOptions = {}): Observable<void> {
    return this.#command('del', options, { ...scopeRules, tombstone: boolean }, () => {
      const request = { key: this.#ref(key, options), mark: options.tombstone === true ? 'closed' : 'none' } as const;
      return this.#client.broker.keys.del(request).pipe(map(() => undefined));
    });
  }

  /** Whether the hot tier has a value. */
  exists(key: string, options: ScopeOptions = {}): Promise<boolean> {
    return this.#client.promises.of(this.exists$(key, options));
  }

  /** The cold twin of {@link SharedValues.exists}. */
  exists$(key: string, options: ScopeOptions = {}): Observable<boolean> {
    return this.#command('exists', options, scopeRules, () => this.#client.broker.keys.get(this.#ref(key, options)).pipe(map(({ body }) => body !== undefined)));
  }

  /** Sets the time to live of a value that is there, seconds above 0; resolves with false where there is none. */
  expire(key: string, ttlSeconds: number, options: ScopeOptions = {}): Promise<boolean> {
    return this.#client.promises.of(this.expire$(key, ttlSeconds, options));
  }

  /** The cold twin of {@link SharedValues.expire}. */
  expire$(key: string, ttlSeconds: number, options: ScopeOptions = {}): Observable<boolean> {
    return this.#command('expire', { ...options, ttlSeconds }, { ...scopeRules, ttlSeconds: number(0.001, whole, 'seconds') }, () => this.#client.broker.keys.expire(this.#ref(key, options), Math.ceil(ttlSeconds * 1_000)));
  }

  // -- inside --------------------------------------------------------------------------------------------------------

  #command<R>(call: string, options: object, rules: OptionRules, command: () => Observable<R>): Observable<R> {
    return defer(() => {
      checkOptions(call, options, rules);
      this.#client.assertOpen(call);
      return command();
    });
  }

  #update<T>(key: string, change: (value: T) => T, { initial, ...options }: UpdateOptions & { readonly initial?: T } = {}): Observable<T> {
    return this.#command('update', options, updateRules, () => this.#attempt<T>(key, (value) => changed(key, change, value ?? ((initial ?? null) as T)), options, 1));
  }

  #attempt<T>(key: string, next: (value: T | null) => T, options: SetOptions, attempt: number): Observable<T> {
    const coder = this.#coder<T>(key, {});
    return this.#client.broker.keys.get(this.#ref(key, options)).pipe(
      concatMap((state) => entryOf(state, coder).pipe(concatMap(({ value }) => {
        const wanted = next(value);
        if (options.hotTtlSeconds === undefined && this.#isSame(key, wanted, state, options)) return of(wanted);
        return this.#write(key, wanted, options, state.revision).pipe(concatMap(({ written, state: found }) => {
          if (written) return of(wanted);
          if (attempt === maxConflicts) throw revisionConflict(key, state.revision, found.revision);
          return this.#attempt(key, next, options, attempt + 1);
        }));
      }))),
    );
  }

  #isSame(key: string, value: unknown, { body }: KeyState, options: SetOptions): boolean {
    return typeof body === 'string' && body === this.#encoded(key, value, options).body;
  }

  #encoded(key: string, value: unknown, { maxValueBytes = this.#client.defaults.maxValueBytes }: SetOptions): EncodedPayload {
    return this.#coder<unknown>(key, {}).encode(value, { maxBytes: maxValueBytes, code: 'VALUE_TOO_LARGE' });
  }

  #write(key: string, value: unknown, options: SetOptions, expectedRevision: number | undefined): Observable<KeyWriteAnswer> {
    const { defaults } = this.#client;
    const { hotTtlSeconds = defaults.hotTtlSeconds, warm = {} } = options;
    this.#checkWarm(key, warm, options);
    const { body, codec } = this.#encoded(key, value, options);
    const ttlMs = hotTtlSeconds === undefined ? undefined : Math.ceil(hotTtlSeconds * 1_000);
    return this.#client.broker.keys.set({ key: this.#ref(key, options), body, codec, ttlMs, expectedRevision });
  }

  #checkWarm(key: string, warm: WarmOptions, scope: ScopeOptions): void {
    checkOptions('set({ warm })', warm, warmRules);
    if (warm.persist === 'required') throw new ChronowError('WARM_NOT_CONFIGURED', `set ${key}: warm.persist: 'required' needs a warm tier; configure MONGO_URI or chronos`);
    if (warm.persist === true) this.#client.report({ type: 'warm-not-configured', topic: undefined, key: this.#ref(key, scope).key });
  }

  #ref(key: string, scope: ScopeOptions): KeyRef {
    checkSharedKey(key);
    const { tenantId, namespace } = topicRef(this.#client.defaults, 'any', scope);
    return { tenantId, namespace, key };
  }

  #coder<T>(key: string, { schema }: GetOptions<T>): PayloadCoder<T> {
    return new PayloadCoder<T>(this.#client, `the value of shared key ${key}`, undefined, schema);
  }
}

function entryOf<T>({ body, codec, revision, expiresAt }: KeyState, coder: PayloadCoder<T>): Observable<SharedEntry<T>> {
  if (body === undefined) return of({ value: null, revision, expiresAt: undefined });
  return coder.checked(coder.decode(body, codec)).pipe(map((value) => ({ value, revision, expiresAt })));
}

function changed<T>(key: string, change: (value: T) => T, value: T): T {
  const next = change(value);
  if (next === undefined || next instanceof Promise) throw new ChronowError('UPDATE_INVALID', `update of ${key}: the function must answer the new value at once; got ${next === undefined ? 'undefined' : 'a promise'}`);
  return next;
}

function revisionConflict(key: string, expected: number | undefined, found: number): ChronowError {
  return new ChronowError('REVISION_CONFLICT', `shared key ${key} is at revision ${String(found)}, not ${String(expected)}: somebody else wrote it; read again, or use update()`, { details: { key, expected, found }, retryable: true });
}
