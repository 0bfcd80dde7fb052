import type { Collection, Db, Document, MongoClient } from 'mongodb';
import { firstValueFrom, NEVER, Subject } from 'rxjs';
import { KeySpace } from '../../../../../src/keys/key-space.js';
import type { MongoStore } from '../../../../../src/adapters/mongo/connection/store.js';
import type { ConnectionOptions } from '../../../../../src/adapters/mongo/connection/options.js';
import type { Context } from '../../../../../src/adapters/mongo/context.js';
import { Deliveries } from '../../../../../src/adapters/mongo/delivery/attach.js';
import type { HoldDocument } from '../../../../../src/adapters/mongo/layout/hold-document.js';
import type { LogDocument } from '../../../../../src/adapters/mongo/layout/log-document.js';
import { logDocument } from '../../../../../src/adapters/mongo/layout/message-codec.js';
import { newPointer } from '../../../../../src/adapters/mongo/layout/new-pointer.js';
import type { PointerDocument } from '../../../../../src/adapters/mongo/layout/pointer-document.js';
import { convertOrder } from '../../../../../src/adapters/mongo/order/convert.js';
import { Directory } from '../../../../../src/adapters/mongo/topics/directory.js';
import type { SubscriptionRecord } from '../../../../../src/adapters/mongo/topics/records.js';
import type { ClaimAnswer, ConsumerLink, RenewAnswer } from '../../../../../src/port/delivery-store.js';
import type { BrokerEvent } from '../../../../../src/port/events.js';
import type { Claimed, SettleAction, SettleDeviation, Settlement } from '../../../../../src/port/lease.js';
import type { OutgoingMessage } from '../../../../../src/port/message.js';
import type { SubscriptionRef } from '../../../../../src/port/names.js';
import type { PolicyPatch, SubscriptionPolicy, TopicLimits } from '../../../../../src/port/policy.js';
import type { Runtime } from '../../../../../src/port/runtime.js';
import { systemRuntime } from '../../../../../src/system-runtime.js';
import { rawClient } from '../../../../support/mongo/shared.js';
import { openStore } from '../../../../support/mongo/store.js';

export const policy: SubscriptionPolicy = { visibilityTimeoutMs: 60_000, maxDeliveries: 5, retryBackoffMs: [60_000], deadLetterEnabled: true, order: 'none', expired: 'dead-letter' };
export const limits: TopicLimits = { maxStreamLen: 1_000_000, onFull: 'reject', retentionMs: 604_800_000, idempotencyWindowMs: 600_000, shardCount: 1 };
const ref: SubscriptionRef = { tenantId: 'default', namespace: 'default', topic: 'orders', subscription: 'billing' };

/** Deliveries of one process, over a real server. Messages are stored by hand: publishing is another room. */
export class Stage {
  readonly store: MongoStore;
  readonly context: Context;
  readonly directory: Directory;
  readonly deliveries: Deliveries;
  readonly events: BrokerEvent[] = [];
  readonly ref: SubscriptionRef = ref;
  readonly #event$ = new Subject<BrokerEvent>();
  readonly #raw: MongoClient;
  #seq = 0;

  constructor(store: MongoStore, raw: MongoClient, runtime: Runtime = systemRuntime()) {
    this.#raw = raw;
    const report = (event: BrokerEvent): void => {
      this.events.push(event);
      this.#event$.next(event);
    };
    this.store = store;
    this.context = { store, keys: new KeySpace('cw:'), runtime, clientId: runtime.newId(), limits, report };
    this.directory = new Directory(this.context, (context, { id }) => convertOrder(context, id), (record) => { this.deliveries.changed(record); });
    this.deliveries = new Deliveries(this.context, this.directory);
  }

  get pointers(): Collection<PointerDocument> {
    return this.store.collection<PointerDocument>('cw_deliv');
  }

  get log(): Collection<LogDocument> {
    return this.store.collection<LogDocument>('cw_log');
  }

  get holds(): Collection<HoldDocument> {
    return this.store.collection<HoldDocument>('cw_holds');
  }

  /** The subscription, with this policy; made where it is missing. */
  async queue(patch: PolicyPatch = {}, ephemeral = false): Promise<SubscriptionRecord> {
    await firstValueFrom(this.directory.ensureTopic({ topic: ref, limits: {}, defaults: limits }));
    await firstValueFrom(this.directory.ensureSubscription({ subscription: ref, policy: patch, defaults: policy, startFrom: 'earliest', onConflict: 'update', ephemeral, client: 'test' }));
    return this.record();
  }

  async record(): Promise<SubscriptionRecord> {
    const record = await this.directory.subscription(ref);
    if (record === undefined) throw new Error('there is no subscription');
    return record;
  }

  async deleteQueue(): Promise<void> {
    await firstValueFrom(this.directory.deleteSubscription(ref));
  }

  async consumer(consumerId: string = this.context.runtime.newId()): Promise<TestConsumer> {
    return new TestConsumer(await firstValueFrom(this.deliveries.attach(ref, { consumerId, consumerName: consumerId })));
  }

  /** Stores messages and pointers; a text stands for a message with that body. */
  async publish(...messages: readonly (string | Partial<OutgoingMessage>)[]): Promise<readonly LogDocument[]> {
    const { id, topicId } = await this.record();
    const now = await this.#serverTime();
    const documents = messages.map((one) => {
      const message: OutgoingMessage = { body: 'x', headers: {}, ...(typeof one === 'string' ? { body: one } : one) };
      return logDocument(message, { topicId, seq: (this.#seq += 1), publishedAt: now, dueAt: message.delayMs === undefined ? undefined : new Date(now.getTime() + message.delayMs) });
    });
    await this.log.insertMany([...documents]);
    await this.pointers.insertMany(documents.map((document) => newPointer(id, document)));
    return documents;
  }

  /** Publishing takes it from the server too: an estimate may be behind what fell due there. */
  async #serverTime(): Promise<Date> {
    const [topic] = await this.store.collection('cw_topics').aggregate<{ readonly now: Date }>([{ $limit: 1 }, { $project: { now: '$$NOW' } }]).toArray();
    if (topic === undefined) throw new Error('there is no topic');
    return topic.now;
  }

  /** What the server was told to do meanwhile, by collection, the reads and writes of all who use this database. */
  async commandsOf(work: () => Promise<void>): Promise<readonly string[]> {
    return (await this.profileOf(work)).map(({ ns, op }) => `${String(ns).slice(this.#db.databaseName.length + 1)} ${String(op)}`);
  }

  /** The same with everything that the profiler says. */
  async profileOf(work: () => Promise<void>): Promise<readonly Document[]> {
    await this.#db.command({ profile: 2 });
    try {
      await work();
    } finally {
      await this.#db.command({ profile: 0 });
    }
    const seen = await this.#db.collection('system.profile').find({ ns: { $not: /profile|\$cmd/ } }).sort({ ts: 1 }).toArray();
    await this.#db.collection('system.profile').drop();
    return seen;
  }

  get #db(): Db {
    return this.#raw.db(this.pointers.dbName);
  }

  /** The first event of this type, now or later. */
  event<T extends BrokerEvent['type']>(type: T): Promise<Extract<BrokerEvent, { readonly type: T }>> {
    return new Promise((resolve) => {
      const look = (event: BrokerEvent): boolean => isOf(event, type) && (resolve(event), true);
      if (this.events.some(look)) return;
      const watching = this.#event$.subscribe((event) => { if (look(event)) watching.unsubscribe(); });
    });
  }
}

function isOf<T extends BrokerEvent['type']>(event: BrokerEvent, type: T): event is Extract<BrokerEvent, { readonly type: T }> {
  return event.type === type;
}

export async function openStage(options: Partial<ConnectionOptions> = {}): Promise<Stage> {
  return new Stage(await openStore(options), rawClient(options.uri));
}

/** A consumer's line with the words in which these tests are written. */
export class TestConsumer {
  readonly link: ConsumerLink;

  constructor(link: ConsumerLink) {
    this.link = link;
  }

  claim(max = 1): Promise<ClaimAnswer> {
    return firstValueFrom(this.link.claim({ max, until$: NEVER }));
  }

  /** One answer that may be empty: what there is now. */
  async look(max = 1): Promise<ClaimAnswer> {
    const stop$ = new Subject<void>();
    const answer = firstValueFrom(this.link.claim({ max, until$: stop$ }));
    setTimeout(() => { stop$.next(); }, 60);
    return answer;
  }

  async take(count: number): Promise<readonly Claimed[]> {
    const taken: Claimed[] = [];
    while (taken.length < count) taken.push(...(await this.claim(count - taken.length)).deliveries);
    return taken;
  }

  async takeOne(): Promise<Claimed> {
    const [one] = await this.take(1);
    if (one === undefined) throw new Error('nothing was taken');
    return one;
  }

  settle(...settlements: readonly Settlement[]): Promise<readonly SettleDeviation[]> {
    return firstValueFrom(this.link.settle(settlements));
  }

  end(action: SettleAction, claimed: readonly Claimed[], details: Partial<Settlement> = {}): Promise<readonly SettleDeviation[]> {
    return this.settle(...claimed.map(({ token }) => ({ ...details, token, action })));
  }

  renew(claimed: readonly Claimed[]): Promise<RenewAnswer> {
    return firstValueFrom(this.link.renew(claimed.map(({ token }) => token)));
  }

  async leave(): Promise<void> {
    await firstValueFrom(this.link.detach(), { defaultValue: undefined });
  }

  ack(...claimed: readonly Claimed[]): Promise<readonly SettleDeviation[]> {
    return this.end('ack', claimed);
  }
}

export function bodies(claimed: readonly Claimed[]): readonly unknown[] {
  return claimed.map(({ message }) => message.body);
}
