import { map, type Observable } from 'rxjs';
import { checkOptions } from '../options/check-options.js';
import type { KeyRef } from '../port/names.js';
import type { Client } from '../topic/client.js';
import type { ScopeOptions } from '../topic/refs.js';
import { KeyCommands, changed, type Tiers } from './key-commands.js';
import type { DelOptions, GetOptions, HistoryOptions, SetOptions, SharedEntry, SharedVersion, UpdateOptions, WarmCounts } from './options.js';
import { FallThrough } from '../warm/fall-through.js';
import type { WarmSettings } from '../warm/settings.js';
import type { WarmTier } from '../warm/warm-tier.js';
import { aPrefixOrKeys, delRules, expireRules, getRules, historyRules, scopeRules, setRules, updateRules, watchManyRules, watchRules } from './rules.js';
import { Feeds } from './watch/feeds.js';
import { ManyCore, type ManyPlan } from './watch/many-core.js';
import type { WatchManyOptions, WatchOptions } from './watch/options.js';
import { SharedWatchMany } from './watch/shared-watch-many.js';
import { SharedWatch } from './watch/shared-watch.js';
import { WatchCore, type WatchPlan } from './watch/watch-core.js';

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
  readonly #tiers: Tiers;

  /** Use `cw.shared`. */
  constructor(client: Client, warm: WarmTier | undefined, settings: WarmSettings) {
    const { broker: { keys }, runtime, defaults: { hotTtlSeconds } } = client;
    const fallThrough = warm === undefined ? undefined : new FallThrough({ warm, keys, runtime, hotTtlSeconds });
    this.#client = client;
    this.#tiers = { warm, fallThrough, settings };
    this.#feeds = new Feeds(client, fallThrough === undefined ? undefined : (key) => fallThrough.copyOf(key));
    this.#commands = new KeyCommands(client, this.#tiers, (key, state) => { this.#feeds.wrote(key, state); });
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
  update<T>(key: string, change: (value: T | null) => T, options: UpdateOptions & { readonly initial?: T } = {}): Promise<T> {
    return this.#client.promises.of(this.#update(key, change, options));
  }

  /** The cold twin of {@link SharedValues.update}. */
  update$<T>(key: string, change: (value: T) => T, options: UpdateOptions & { readonly initial: T }): Observable<T>;
  update$<T>(key: string, change: (value: T | null) => T, options?: UpdateOptions): Observable<T>;
  update$<T>(key: string, change: (value: T | null) => T, options: UpdateOptions & { readonly initial?: T } = {}): Observable<T> {
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

  /**
   * Earlier values of a key from the warm tier, newest first: those written with `upsertStrategy: 'append'`, as far as `maxVersions` and
   * `retentionDays` keep them, else the one copy. Rejects with `WARM_NOT_CONFIGURED`, `WARM_FAILED`.
   */
  history<T = unknown>(key: string, options: HistoryOptions<T> = {}): Promise<readonly SharedVersion<T>[]> {
    return this.#client.promises.of(this.history$(key, options));
  }

  /** The cold twin of {@link SharedValues.history}. */
  history$<T = unknown>(key: string, options: HistoryOptions<T> = {}): Observable<readonly SharedVersion<T>[]> {
    return this.#commands.command('history', options, historyRules, () => this.#commands.history(this.#commands.ref(key, options), this.#commands.coder<T>(key, options.schema), options.limit ?? 100));
  }

  /** What went to the warm tier and came from it since the client began. */
  get warmCounts(): WarmCounts {
    const { warm, fallThrough } = this.#tiers;
    return { ...(warm?.counts ?? { waiting: 0, saved: 0, retried: 0, failed: 0 }), rewarmed: fallThrough?.rewarmed ?? 0 };
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

  /**
   * Several live values as one map: those whose keys begin with a text (the empty one: all of the namespace), or a list of keys; see
   * {@link SharedWatchMany}. A prefix shows what the hot tier has; a key that lives only in the warm tier is found by its name.
   *
   * @throws ChronowError at the call: `NAME_INVALID`, `OPTION_INVALID`, `CLOSED`.
   */
  watchMany<T = unknown>(prefixOrKeys: string | readonly string[], options: WatchManyOptions<T> = {}): SharedWatchMany<T> {
    checkOptions('watchMany', { ...options, prefixOrKeys }, { ...watchManyRules, prefixOrKeys: aPrefixOrKeys }, ['prefixOrKeys']);
    this.#client.assertOpen('watchMany');
    const ref = (key: string): KeyRef => this.#commands.ref(key, options);
    const { tenantId, namespace } = ref('any');
    const keys = typeof prefixOrKeys === 'string' ? undefined : [...new Set(prefixOrKeys)].map(ref);
    const plan: ManyPlan<T> = {
      client: this.#client,
      feeds: () => (typeof prefixOrKeys === 'string' ? [this.#feeds.ofPrefix({ tenantId, namespace }, prefixOrKeys)] : (keys ?? []).map((key) => this.#feeds.ofKey(key))),
      ref,
      coder: (key) => this.#commands.coder<T>(key, options.schema),
      graceMs: options.graceMs ?? defaultGraceMs,
    };
    // A schema that is none is refused at the call.
    plan.coder('any');
    return new SharedWatchMany<T>(new ManyCore<T>(plan), this.#feeds);
  }

  #update<T>(key: string, change: (value: T | null) => T, { initial, ...options }: UpdateOptions & { readonly initial?: T }): Observable<T> {
    return this.#commands.command('update', options, updateRules, () => {
      const next = (value: T | undefined): T => changed(key, change(value === undefined ? (initial ?? null) : value));
      return this.#commands.update({ key: this.#commands.ref(key, options), coder: this.#commands.coder<T>(key, undefined), next, options }).pipe(map(({ value }) => value));
    });
  }
}
