import { defer, of, type Observable } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { DeadLetterRecord } from '../../port/inspection.js';
import type { StoredMessage } from '../../port/message.js';
import type { KeyRef, SubscriptionRef, TopicRef } from '../../port/names.js';
import type { Runtime } from '../../port/runtime.js';
import type { SettledDelivery, WarmDelete, WarmRange, WarmStore, WarmValue, WarmVersion } from '../../port/warm-store.js';
import { systemRuntime } from '../../system-runtime.js';
import { Scoped } from './scoped.js';
import { WarmKey } from './warm-store-key.js';

/** Options of {@link memoryWarmStore}. */
export interface MemoryWarmStoreOptions {
  /** Where time comes from. Default: this process, `systemRuntime()`. */
  readonly runtime?: Runtime | undefined;
}

/** Something that is kept for a time. */
interface Kept<T> {
  readonly item: T;
  readonly expiresAt: number | undefined;
}

const dayMs = 86_400_000;

/** A warm tier inside this process: the executable model of what the one in MongoDB does. Whatever has ended is not shown, and goes when its place is written. */
export class MemoryWarmStore implements WarmStore {
  readonly #runtime: Runtime;
  readonly #keys = new Scoped<WarmKey>();
  readonly #messages = new Scoped<Map<string, Kept<StoredMessage>>>();
  readonly #dead = new Scoped<Map<string, Kept<DeadLetterRecord>>>();
  readonly #deliveries = new Scoped<Map<string, Kept<SettledDelivery>>>();
  #isClosed = false;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  saveValue({ key, retentionDays, ...value }: WarmValue): Observable<void> {
    return this.#once(() => { this.#key(key).save(value, this.#runtime.now(), this.#endOf(retentionDays)); });
  }

  loadValue(key: KeyRef): Observable<WarmVersion | undefined> {
    return this.#once(() => this.#keys.get(key, key.key)?.newest(this.#runtime.now()));
  }

  deleteValue(key: KeyRef, { revision, keepHistory, retentionDays }: WarmDelete): Observable<void> {
    return this.#once(() => { this.#key(key).end(revision, keepHistory, this.#runtime.now(), this.#endOf(retentionDays)); });
  }

  valueHistory(key: KeyRef, limit: number): Observable<readonly WarmVersion[]> {
    return this.#once(() => this.#keys.get(key, key.key)?.history(this.#runtime.now()).slice(0, limit) ?? []);
  }

  saveMessages(topic: TopicRef, messages: readonly StoredMessage[], retentionDays: number | undefined): Observable<void> {
    return this.#once(() => { for (const message of messages) this.#keep(this.#messages, topic, topic.topic, message.id, message, retentionDays); });
  }

  readMessages({ topic, from, to, after, max }: WarmRange): Observable<readonly StoredMessage[]> {
    return this.#once(() => {
      const found = this.#kept(this.#messages, topic, topic.topic)
        .filter(({ publishedAt }) => publishedAt >= from && publishedAt <= to)
        .sort((one, other) => one.publishedAt - other.publishedAt || (one.id < other.id ? -1 : 1));
      const start = after === undefined ? 0 : found.findIndex(({ id }) => id === after) + 1;
      return found.slice(start, start + max);
    });
  }

  saveDeadLetter(subscription: SubscriptionRef, record: DeadLetterRecord, retentionDays: number | undefined): Observable<void> {
    return this.#once(() => { this.#keep(this.#dead, subscription, nameOf(subscription), record.message.id, record, retentionDays); });
  }

  saveDeliveries(subscription: SubscriptionRef, deliveries: readonly SettledDelivery[], retentionDays: number | undefined): Observable<void> {
    return this.#once(() => { for (const delivery of deliveries) this.#keepLatest(subscription, delivery, retentionDays); });
  }

  /** Dead letters of a subscription that have not ended, in the order in which they came; for tests. */
  deadLetters(subscription: SubscriptionRef): Observable<readonly DeadLetterRecord[]> {
    return this.#once(() => this.#kept(this.#dead, subscription, nameOf(subscription)));
  }

  /** Settled deliveries of a subscription that have not ended, in the order in which their attempts came; for tests. */
  deliveries(subscription: SubscriptionRef): Observable<readonly SettledDelivery[]> {
    return this.#once(() => this.#kept(this.#deliveries, subscription, nameOf(subscription)));
  }

  close(): Observable<void> {
    return defer(() => {
      this.#isClosed = true;
      return of(undefined);
    });
  }

  #once<T>(work: () => T): Observable<T> {
    return defer(() => {
      if (this.#isClosed) throw new ChronowError('CLOSED', 'the memory warm store is closed; create a new one.');
      return of(work());
    });
  }

  #key(key: KeyRef): WarmKey {
    let found = this.#keys.get(key, key.key);
    if (found === undefined) this.#keys.set(key, key.key, (found = new WarmKey(key)));
    return found;
  }

  #endOf(retentionDays: number | undefined): number | undefined {
    return retentionDays === undefined ? undefined : this.#runtime.now() + Math.ceil(retentionDays * dayMs);
  }

  /** The first one stays, until it has ended. */
  #keep<T>(all: Scoped<Map<string, Kept<T>>>, scope: TopicRef, name: string, id: string, item: T, retentionDays: number | undefined): void {
    const kept = keptIn(all, scope, name);
    if (this.#holds(kept.get(id))) return;
    kept.set(id, { item, expiresAt: this.#endOf(retentionDays) });
  }

  #keepLatest(subscription: SubscriptionRef, delivery: SettledDelivery, retentionDays: number | undefined): void {
    const kept = keptIn(this.#deliveries, subscription, nameOf(subscription));
    const attempt = `${delivery.id}\n${String(delivery.attempt)}`;
    if ((kept.get(attempt)?.item.settledAt ?? -Infinity) >= delivery.settledAt) return;
    kept.set(attempt, { item: delivery, expiresAt: this.#endOf(retentionDays) });
  }

  #kept<T>(all: Scoped<Map<string, Kept<T>>>, scope: TopicRef, name: string): T[] {
    const found = [...(all.get(scope, name)?.values() ?? [])];
    return found.filter((kept) => this.#holds(kept)).map(({ item }) => item);
  }

  #holds(kept: Kept<unknown> | undefined): boolean {
    return kept !== undefined && (kept.expiresAt === undefined || kept.expiresAt > this.#runtime.now());
  }
}

/**
 * A warm tier that lives in this process: nothing survives it. For tests, for virtual time, and to try what a warm tier does.
 *
 * @example
 * ```ts
 * const runtime = systemRuntime();
 * const broker = memoryBroker({ runtime });
 * broker.open().subscribe();
 * const cw = Chronow.over({ broker, runtime, warm: memoryWarmStore({ runtime }) });
 * ```
 */
export function memoryWarmStore(options: MemoryWarmStoreOptions = {}): MemoryWarmStore {
  return new MemoryWarmStore(options.runtime ?? systemRuntime());
}

function keptIn<T>(all: Scoped<Map<string, Kept<T>>>, scope: TopicRef, name: string): Map<string, Kept<T>> {
  let kept = all.get(scope, name);
  if (kept === undefined) all.set(scope, name, (kept = new Map<string, Kept<T>>()));
  return kept;
}

/** Names without a line break. */
function nameOf({ topic, subscription }: SubscriptionRef): string {
  return `${topic}\n${subscription}`;
}
