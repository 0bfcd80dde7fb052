import type { Observable } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { DeadLetterRecord } from '../../../port/inspection.js';
import type { BrokerEvent } from '../../../port/events.js';
import type { StoredMessage } from '../../../port/message.js';
import type { KeyRef, SubscriptionRef, TopicRef } from '../../../port/names.js';
import type { Runtime } from '../../../port/runtime.js';
import type { SettledDelivery, WarmDelete, WarmRange, WarmStore, WarmValue, WarmVersion } from '../../../port/warm-store.js';
import { systemRuntime } from '../../../system-runtime.js';
import { once } from '../../common/once.js';
import { warmTopic } from '../../common/warm-topic.js';
import { isDuplicateKey } from '../connection/server-error.js';
import type { DeadLetterDocument, DeliveryDocument, MessageDocument, SharedDocument, TopicDocument } from './documents.js';
import { deadLetterDocument, messageDocument } from './message-documents.js';
import { idOf } from './names.js';
import { deliveryDocument, saveDeliveries } from './warm-deliveries.js';
import { readMessages, saveDeadLetter, saveMessages } from './warm-messages.js';
import { WarmServer, type WarmDatabase } from './warm-server.js';
import { endValue, saveValue, viewOf, type WriteTime } from './warm-values.js';

/** A database of the warm tier. */
export interface MongoWarmTarget {
  /** `mongodb://` or `mongodb+srv://`. */
  readonly uri: string;
  readonly database: string;
}

/** Options of {@link mongoWarmStore}. */
export interface MongoWarmStoreOptions {
  /** By tenant. Default: none. */
  readonly tenants?: ReadonlyMap<string, MongoWarmTarget> | undefined;
  /** Where all other tenants are; without it they are unknown. */
  readonly others?: MongoWarmTarget | undefined;
  /** Where time comes from. Default: this process, `systemRuntime()`. */
  readonly runtime?: Runtime | undefined;
  /** Told what works less well than it should: an index that could not be made. Default: nobody. */
  readonly report?: ((event: BrokerEvent) => void) | undefined;
}

const dayMs = 86_400_000;

/**
 * The warm tier in MongoDB, in the collections, documents and indexes of chronos-db 2.3, which can read it. One connection for each
 * deployment, whoever uses it; it is made at the first call.
 *
 * @example
 * ```ts
 * const warm = mongoWarmStore({ others: { uri: 'mongodb://localhost:27017', database: 'chronos_messaging_default' } });
 * const cw = await Chronow.init({}, { warm });
 * ```
 * @throws ChronowError `CONFIG_INVALID` for a URI that the driver does not take.
 */
export function mongoWarmStore(options: MongoWarmStoreOptions): WarmStore {
  return new MongoWarmStore(options);
}

class MongoWarmStore implements WarmStore {
  readonly #options: MongoWarmStoreOptions;
  readonly #runtime: Runtime;
  readonly #servers = new Map<string, WarmServer>();
  /** Topics that were noted in their database. */
  readonly #topics = new Set<string>();
  #closing: Promise<void> | undefined = undefined;

  constructor(options: MongoWarmStoreOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? systemRuntime();
    // A URI that the driver does not take is told now, not by the first copy.
    for (const { uri } of [...(options.tenants?.values() ?? []), ...(options.others === undefined ? [] : [options.others])]) this.#server(uri);
  }

  saveValue(value: WarmValue): Observable<void> {
    return once(async () => {
      const database = this.#database(value.key.tenantId);
      await database.write('copy of a shared value', () => saveValue(values(database), value, this.#time(value.retentionDays)));
    });
  }

  loadValue(key: KeyRef): Observable<WarmVersion | undefined> {
    return once(async () => {
      const database = this.#database(key.tenantId);
      return database.read('read of a shared value', async () => (await viewOf(values(database), key, this.#runtime.now(), 1)).newest());
    });
  }

  deleteValue(key: KeyRef, deletion: WarmDelete): Observable<void> {
    return once(async () => {
      const database = this.#database(key.tenantId);
      await database.write('deletion of a shared value', () => endValue(values(database), key, deletion, this.#time(deletion.retentionDays)));
    });
  }

  valueHistory(key: KeyRef, limit: number): Observable<readonly WarmVersion[]> {
    return once(async () => {
      const database = this.#database(key.tenantId);
      return database.read('read of a history', async () => (await viewOf(values(database), key, this.#runtime.now(), limit)).history().slice(0, limit));
    });
  }

  saveMessages(topic: TopicRef, messages: readonly StoredMessage[], retentionDays: number | undefined): Observable<void> {
    return once(async () => {
      const database = this.#database(topic.tenantId);
      await database.write('copy of messages', async () => {
        const { now, expiresAt } = this.#time(retentionDays);
        await this.#noteTopic(database, topic, now);
        await saveMessages(database.collection<MessageDocument>('messages'), messages.map((message) => messageDocument(topic, message, expiresAt)), now);
      });
    });
  }

  readMessages(range: WarmRange): Observable<readonly StoredMessage[]> {
    return once(async () => {
      const database = this.#database(range.topic.tenantId);
      return database.read('read of messages', () => readMessages(database.collection<MessageDocument>('messages'), range, this.#runtime.now()));
    });
  }

  saveDeadLetter(subscription: SubscriptionRef, record: DeadLetterRecord, retentionDays: number | undefined): Observable<void> {
    return once(async () => {
      const database = this.#database(subscription.tenantId);
      await database.write('copy of a dead letter', async () => {
        const { now, expiresAt } = this.#time(retentionDays);
        await saveDeadLetter(database.collection<DeadLetterDocument>('dead_letters'), deadLetterDocument(subscription, record, now, expiresAt), now);
      });
    });
  }

  saveDeliveries(subscription: SubscriptionRef, deliveries: readonly SettledDelivery[], retentionDays: number | undefined): Observable<void> {
    return once(async () => {
      const database = this.#database(subscription.tenantId);
      await database.write('record of deliveries', async () => {
        const { expiresAt } = this.#time(retentionDays);
        await saveDeliveries(database.collection<DeliveryDocument>('deliveries'), deliveries.map((delivery) => deliveryDocument(subscription, delivery, expiresAt)));
      }, 'deliveries');
    });
  }

  close(): Observable<void> {
    return once(() => (this.#closing ??= this.#end()));
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }

  #database(tenantId: string): WarmDatabase {
    if (this.#closing !== undefined) throw new ChronowError('CLOSED', 'the warm store is closed; create a new one.');
    const { tenants, others } = this.#options;
    const target = tenants?.get(tenantId) ?? others;
    if (target === undefined) throw new ChronowError('UNKNOWN_TENANT', `tenant "${tenantId}" has no database in the warm tier; add it to chronos.config.databases.messaging.tenantDatabases`, { details: { tenantId } });
    return this.#server(target.uri).database(target.database);
  }

  #server(uri: string): WarmServer {
    let server = this.#servers.get(uri);
    if (server === undefined) this.#servers.set(uri, (server = new WarmServer(uri, this.#runtime, (event) => { this.#options.report?.(event); })));
    return server;
  }

  #time(retentionDays: number | undefined): WriteTime {
    const now = this.#runtime.now();
    return { now, expiresAt: retentionDays === undefined ? undefined : new Date(now + Math.ceil(retentionDays * dayMs)) };
  }

  async #noteTopic(database: WarmDatabase, ref: TopicRef, now: number): Promise<void> {
    const { tenantId } = ref;
    const topic = warmTopic(ref);
    const name = JSON.stringify([tenantId, topic]);
    if (this.#topics.has(name)) return;
    try {
      await database.collection<TopicDocument>('topics').updateOne({ tenantId, topic }, { $setOnInsert: { _id: idOf(tenantId, topic), shards: 1, createdAt: new Date(now) } }, { upsert: true });
    } catch (error) {
      // Two at once.
      if (!isDuplicateKey(error)) throw error;
    }
    this.#topics.add(name);
  }
}

function values(database: WarmDatabase): ReturnType<typeof database.collection<SharedDocument>> {
  return database.collection<SharedDocument>('shared_memory');
}
