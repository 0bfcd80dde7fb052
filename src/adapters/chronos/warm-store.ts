import type { Observable } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { BrokerEvent } from '../../port/events.js';
import type { DeadLetterRecord } from '../../port/inspection.js';
import type { StoredMessage } from '../../port/message.js';
import type { KeyRef, SubscriptionRef, TopicRef } from '../../port/names.js';
import type { Runtime } from '../../port/runtime.js';
import type { SettledDelivery, WarmDelete, WarmRange, WarmStore, WarmValue, WarmVersion } from '../../port/warm-store.js';
import { once } from '../common/once.js';
import type { ChronosInstance } from './chronos.js';
import { saveDeliveries } from './deliveries.js';
import { readMessages, saveDeadLetter, saveMessages } from './messages.js';
import { TenantApi } from './tenant-api.js';
import { endValue, historyOf, loadValue, saveValue, type LatestSaves } from './values.js';

export interface ChronosParts {
  /** The instance of a tenant; undefined: the tenant is unknown. */
  readonly instanceOf: (tenantId: string) => (() => Promise<ChronosInstance>) | undefined;
  /** Instances that are ours to end. */
  readonly end: () => Promise<void>;
  readonly runtime: Runtime;
  readonly report: (event: BrokerEvent) => void;
}

const dayMs = 86_400_000;

/** A warm tier by way of chronos-db, which has no revisions, retention or ranges: they stand in the values and headers, and what has ended stays stored. */
export class ChronosWarmStore implements WarmStore {
  readonly #parts: ChronosParts;
  readonly #tenants = new Map<string, TenantApi>();
  readonly #latest: LatestSaves;
  #tellsNoDeliveries = false;
  #closing: Promise<void> | undefined = undefined;

  constructor(parts: ChronosParts) {
    this.#parts = parts;
    this.#latest = {
      isBroken: false,
      broken: () => { parts.report({ type: 'unsafe-setting', setting: 'chronos-db', value: 'shared.save of strategy latest fails', advice: 'every version is kept instead; the built-in store (leave warm.driver out) keeps one' }); },
    };
  }

  saveValue(value: WarmValue): Observable<void> {
    return once(async () => this.#api(value.key.tenantId).call('copy of a shared value', ({ shared }) => saveValue(shared, value, this.#time(value.retentionDays), this.#latest)));
  }

  loadValue(key: KeyRef): Observable<WarmVersion | undefined> {
    return once(async () => this.#api(key.tenantId).call('read of a shared value', ({ shared }) => loadValue(shared, key, this.#parts.runtime.now())));
  }

  deleteValue(key: KeyRef, deletion: WarmDelete): Observable<void> {
    return once(async () => this.#api(key.tenantId).call('deletion of a shared value', ({ shared }) => endValue(shared, key, deletion, this.#time(deletion.retentionDays))));
  }

  valueHistory(key: KeyRef, limit: number): Observable<readonly WarmVersion[]> {
    return once(async () => this.#api(key.tenantId).call('read of a history', ({ shared }) => historyOf(shared, key, this.#parts.runtime.now(), limit)));
  }

  saveMessages(topic: TopicRef, messages: readonly StoredMessage[], retentionDays: number | undefined): Observable<void> {
    return once(async () => this.#api(topic.tenantId).call('copy of messages', (api) => saveMessages(api, topic, messages, this.#time(retentionDays).until)));
  }

  readMessages(range: WarmRange): Observable<readonly StoredMessage[]> {
    return once(async () => this.#api(range.topic.tenantId).call('read of messages', (api) => readMessages(api, range, this.#parts.runtime.now())));
  }

  saveDeadLetter(subscription: SubscriptionRef, record: DeadLetterRecord, retentionDays: number | undefined): Observable<void> {
    const { now, until } = this.#time(retentionDays);
    return once(async () => this.#api(subscription.tenantId).call('copy of a dead letter', (api) => saveDeadLetter(api, record, subscription, now, until)));
  }

  /** They do not end: there is no field for it. */
  saveDeliveries(subscription: SubscriptionRef, deliveries: readonly SettledDelivery[], _retentionDays: number | undefined): Observable<void> {
    return once(async () => this.#api(subscription.tenantId).call('record of deliveries', async ({ deliveries: kept }) => {
      if (kept === undefined) this.#tellNoDeliveries();
      else await saveDeliveries(kept, subscription, deliveries);
    }));
  }

  close(): Observable<void> {
    return once(() => (this.#closing ??= this.#parts.end()));
  }

  #tellNoDeliveries(): void {
    if (this.#tellsNoDeliveries) return;
    this.#tellsNoDeliveries = true;
    this.#parts.report({ type: 'unsafe-setting', setting: 'chronos-db captureDeliveries', value: 'off', advice: 'warm.deliveries is on, and none is kept: set databases.messaging.captureDeliveries of the instance, or let the built-in store write them (leave warm.driver out)' });
  }

  #api(tenantId: string): TenantApi {
    if (this.#closing !== undefined) throw new ChronowError('CLOSED', 'the warm store is closed; create a new one.');
    const known = this.#tenants.get(tenantId);
    if (known !== undefined) return known;
    const instance = this.#parts.instanceOf(tenantId);
    if (instance === undefined) throw new ChronowError('UNKNOWN_TENANT', `tenant "${tenantId}" has no database in the warm tier; add it to chronos.config.databases.messaging.tenantDatabases`, { details: { tenantId } });
    const api = new TenantApi(instance, tenantId);
    this.#tenants.set(tenantId, api);
    return api;
  }

  #time(retentionDays: number | undefined): { readonly now: number; readonly until: number | undefined } {
    const now = this.#parts.runtime.now();
    return { now, until: retentionDays === undefined ? undefined : now + Math.ceil(retentionDays * dayMs) };
  }
}
