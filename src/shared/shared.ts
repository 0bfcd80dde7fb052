import { map, type Observable } from 'rxjs';
import type { Client } from '../topic/client.js';
import type { ScopeOptions } from '../topic/refs.js';
import { KeyCommands, changed } from './key-commands.js';
import type { DelOptions, GetOptions, SetOptions, SharedEntry, UpdateOptions } from './options.js';
import { delRules, expireRules, getRules, scopeRules, setRules, updateRules, watchRules } from './rules.js';
import { Feeds } from './watch/feeds.js';
import type { WatchOptions } from './watch/options.js';
import { SharedWatch } from './watch/shared-watch.js';
import { WatchCore, type WatchPlan } from './watch/watch-core.js';
import { checkOptions } from '../options/check-options.js';

const defaultGraceMs = 1_000;

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
  readonly #commands: KeyCommands;
  readonly #feeds: Feeds;

  constructor(client: Client) {
    this.#client = client;
    this.#feeds = new Feeds(client, undefined);
    this.#commands = new KeyCommands(client, (key, state) => { this.#feeds.wrote(key, state); });
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
    return this.#commands.command('get', options, getRules, () => this.#commands.entry(this.#commands.ref(key, options), this.#commands.coder<T>(key, options.schema)));
  }

  /** Writes a value; resolves with its revision. Rejects with `VALUE_TOO_LARGE`, `PAYLOAD_UNENCODABLE`, `REVISION_CONFLICT`, `KEY_CLOSED`, `WARM_NOT_CONFIGURED`. */
  set(key: string, value: unknown, options: SetOptions = {}): Promise<number> {
    return this.#client.promises.of(this.set$(key, value, options));
  }

  /** The cold twin of {@link SharedValues.set}. */
  set$(key: string, value: unknown, options: SetOptions = {}): Observable<number> {
    return this.#commands.command('set', options, setRules, () => this.#commands
      .set(this.#commands.ref(key, options), this.#commands.coder(key, undefined), value, options, options.expectedRevision)
      .pipe(map(({ revision }) => revision)));
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
  update<T>(key: string, change: (value: T) => T, options: UpdateOptions & { readonly initial?: T } = {}): Promise<T> {
    return this.#client.promises.of(this.#update(key, change, options));
  }

  /** The cold twin of {@link SharedValues.update}. */
  update$<T>(key: string, change: (value: T) => T, options: UpdateOptions & { readonly initial: T }): Observable<T>;
  update$<T>(key: string, change: (value: T | null) => T, options?: UpdateOptions): Observable<T>;
  update$<T>(key: string, change: (value: T) => T, options: UpdateOptions & { readonly initial?: T } = {}): Observable<T> {
    return this.#update(key, change, options);
  }

  /** Ends a value, if there is one. `tombstone` keeps the append history and closes the key. */
  del(key: string, options: DelOptions = {}): Promise<void> {
    return this.#client.promises.of(this.del$(key, options));
  }

  /** The cold twin of {@link SharedValues.del}. */
  del$(key: string, options: DelOptions = {}): Observable<void> {
    return this.#commands.command('del', options, delRules, () => this.#commands.del(this.#commands.ref(key, options), options.tombstone === true));
  }

  /** Whether the hot tier has a value. */
  exists(key: string, options: ScopeOptions = {}): Promise<boolean> {
    return this.#client.promises.of(this.exists$(key, options));
  }

  /** The cold twin of {@link SharedValues.exists}. */
  exists$(key: string, options: ScopeOptions = {}): Observable<boolean> {
    return this.#commands.command('exists', options, scopeRules, () => this.#client.broker.keys.get(this.#commands.ref(key, options)).pipe(map(({ body }) => body !== undefined)));
  }

  /** Sets the time to live of a value that is there, seconds above 0; resolves with false where there is none. */
  expire(key: string, ttlSeconds: number, options: ScopeOptions = {}): Promise<boolean> {
    return this.#client.promises.of(this.expire$(key, ttlSeconds, options));
  }

  /** The cold twin of {@link SharedValues.expire}. */
  expire$(key: string, ttlSeconds: number, options: ScopeOptions = {}): Observable<boolean> {
    return this.#commands.command('expire', { ...options, ttlSeconds }, expireRules, () => this.#client.broker.keys.expire(this.#commands.ref(key, options), Math.ceil(ttlSeconds * 1_000)));
  }

  /**
   * A live value: an Observable of what is stored under a key, with `value`, `set`, `update` and more; see {@link SharedWatch}.
   * Nothing is read before it is subscribed.
   *
   * @throws ChronowError at the call: `NAME_INVALID`, `OPTION_INVALID`, `CLOSED`.
   */
  watch<T = unknown>(key: string, options: WatchOptions<T> & { readonly initial: T }): SharedWatch<T, never>;
  watch<T = unknown>(key: string, options?: WatchOptions<T>): SharedWatch<T>;
  watch<T = unknown>(key: string, options: WatchOptions<T> = {}): SharedWatch<T> {
    checkOptions('watch', options, watchRules);
    this.#client.assertOpen('watch');
    const plan: WatchPlan<T, T | undefined> = {
      client: this.#client,
      feeds: this.#feeds,
      key: this.#commands.ref(key, options),
      coder: this.#commands.coder<T>(key, options.schema),
      absent: options.initial,
      hasInitial: options.initial !== undefined,
      graceMs: options.graceMs ?? defaultGraceMs,
    };
    return new SharedWatch<T>(new WatchCore<T, T | undefined>(plan), plan, this.#commands);
  }

  #update<T>(key: string, change: (value: T) => T, { initial, ...options }: UpdateOptions & { readonly initial?: T }): Observable<T> {
    return this.#commands.command('update', options, updateRules, () => {
      const next = (value: T | undefined): T => changed(key, change(value === undefined ? (initial ?? null) as T : value));
      return this.#commands.update({ key: this.#commands.ref(key, options), coder: this.#commands.coder<T>(key, undefined), next, options }).pipe(map(({ value }) => value));
    });
  }
}
