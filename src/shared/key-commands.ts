import { concatMap, defer, map, of, tap, type Observable } from 'rxjs';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ChronowError } from '../errors.js';
import { checkSharedKey } from '../keys/names.js';
import { checkOptions, type OptionRules } from '../options/check-options.js';
import type { KeyState, KeyWriteAnswer } from '../port/key-store.js';
import type { KeyRef } from '../port/names.js';
import type { Client } from '../topic/client.js';
import { PayloadCoder } from '../topic/payload-coder.js';
import { topicRef, type ScopeOptions } from '../topic/refs.js';
import type { SharedEntry, WriteOptions } from './options.js';
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

/** What calls and watches do with a key. */
export class KeyCommands {
  readonly client: Client;
  readonly #wrote: (key: KeyRef, state: KeyState) => void;

  /** `wrote` is told of every write that was done. */
  constructor(client: Client, wrote: (key: KeyRef, state: KeyState) => void) {
    this.client = client;
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

  read(key: KeyRef): Observable<KeyState> {
    return this.client.broker.keys.get(key);
  }

  entry<T>(key: KeyRef, coder: PayloadCoder<T>): Observable<SharedEntry<T>> {
    return this.read(key).pipe(concatMap((state) => valueOf(state, coder).pipe(map((value) => {
      const { revision, expiresAt } = state;
      return value === undefined ? { value: null, revision, expiresAt: undefined } : { value, revision, expiresAt };
    }))));
  }

  del(key: KeyRef, isFinal: boolean): Observable<void> {
    return this.client.broker.keys.del({ key, mark: isFinal ? 'closed' : 'none' }).pipe(map(({ state }) => { this.#wrote(key, state); }));
  }

  /** Checked by the schema, encoded, written. */
  write<T>(key: KeyRef, coder: PayloadCoder<T>, value: T, options: WriteOptions, expectedRevision: number | undefined): Observable<KeyWriteAnswer> {
    return coder.checked(value).pipe(concatMap((checked) => {
      const { defaults, broker } = this.client;
      const { hotTtlSeconds = defaults.hotTtlSeconds, maxValueBytes = defaults.maxValueBytes, warm = {} } = options;
      this.#checkWarm(key, warm);
      const { body, codec } = coder.encode(checked, { maxBytes: maxValueBytes, code: 'VALUE_TOO_LARGE' });
      const ttlMs = hotTtlSeconds === undefined ? undefined : Math.ceil(hotTtlSeconds * 1_000);
      return broker.keys.set({ key, body, codec, ttlMs, expectedRevision }).pipe(tap(({ written, state }) => { if (written) this.#wrote(key, state); }));
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

  #checkWarm(key: KeyRef, warm: object & WriteOptions['warm']): void {
    checkOptions('set({ warm })', warm, warmRules);
    if (warm.persist === 'required') throw new ChronowError('WARM_NOT_CONFIGURED', `set ${key.key}: warm.persist: 'required' needs a warm tier; configure MONGO_URI or chronos`);
    if (warm.persist === true) this.client.report({ type: 'warm-not-configured', topic: undefined, key: key.key });
  }
}

/** The value as the schema makes it; undefined where the key is absent. */
export function valueOf<T>({ body, codec }: KeyState, coder: PayloadCoder<T>): Observable<T | undefined> {
  return body === undefined ? of(undefined) : defer(() => coder.checked(coder.decode(body, codec)));
}

/** What the function of an `update` answered. */
export function changed<T>(key: string, next: T): T {
  if (next === undefined || next instanceof Promise) throw new ChronowError('UPDATE_INVALID', `update of ${key}: the function must answer the new value at once; got ${next === undefined ? 'undefined' : 'a promise'}`);
  return next;
}

function revisionConflict({ key }: KeyRef, expected: number | undefined, found: number): ChronowError {
  return new ChronowError('REVISION_CONFLICT', `shared key ${key} is at revision ${String(found)}, not ${String(expected)}: somebody else wrote it; read again, or use update()`, { details: { key, expected, found }, retryable: true });
}
