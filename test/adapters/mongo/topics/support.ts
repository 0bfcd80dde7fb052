import type { Db, Document, MongoClient } from 'mongodb';
import { firstValueFrom, type Observable } from 'rxjs';
import { onTestFinished } from 'vitest';
import { mongoStore } from '../../../../src/adapters/mongo/connection/mongo-store.js';
import type { ConnectionOptions } from '../../../../src/adapters/mongo/connection/options.js';
import type { MongoStore } from '../../../../src/adapters/mongo/connection/store.js';
import type { Context } from '../../../../src/adapters/mongo/context.js';
import type { LogDocument } from '../../../../src/adapters/mongo/layout/log-document.js';
import type { PointerDocument } from '../../../../src/adapters/mongo/layout/pointer-document.js';
import type { TopicDocument } from '../../../../src/adapters/mongo/layout/topic-document.js';
import { Publisher } from '../../../../src/adapters/mongo/publish/publisher.js';
import { Retention } from '../../../../src/adapters/mongo/publish/retention.js';
import { Directory } from '../../../../src/adapters/mongo/topics/directory.js';
import type { ConvertOrder, PolicyChanged } from '../../../../src/adapters/mongo/topics/records.js';
import { KeySpace } from '../../../../src/keys/key-space.js';
import type { BrokerEvent } from '../../../../src/port/events.js';
import type { OutgoingMessage } from '../../../../src/port/message.js';
import type { TopicRef } from '../../../../src/port/names.js';
import type { Runtime } from '../../../../src/port/runtime.js';
import type { LimitsPatch, PolicyPatch, SubscriptionPolicy, TopicLimits } from '../../../../src/port/policy.js';
import type { PublishReceipt } from '../../../../src/port/publisher.js';
import type { EnsureSubscription, StoredSubscription, StoredTopic } from '../../../../src/port/topic-store.js';
import { systemRuntime } from '../../../../src/system-runtime.js';
import { freshDatabase, mongoUri, rawClient } from '../../../support/mongo/shared.js';

export const limits: TopicLimits = { maxStreamLen: 100_000, onFull: 'reject', retentionMs: 604_800_000, idempotencyWindowMs: 600_000, shardCount: 1 };
export const policy: SubscriptionPolicy = { visibilityTimeoutMs: 30_000, maxDeliveries: 5, retryBackoffMs: [1_000], deadLetterEnabled: true, order: 'none', expired: 'dead-letter' };
export const orders: TopicRef = { tenantId: 'acme', namespace: 'shop', topic: 'orders' };

export interface DeskOptions {
  readonly database?: string;
  readonly connection?: Partial<ConnectionOptions>;
  readonly convertOrder?: ConvertOrder;
  readonly changed?: PolicyChanged;
  readonly deadlineMs?: number;
  readonly limits?: Partial<TopicLimits>;
  /** What the clock of this process shows. */
  readonly clock?: (now: number) => number;
  /** Stands between the rooms and the store: a fault, or a bug that the tests must notice. */
  readonly wrap?: (store: MongoStore) => MongoStore;
}

/** The rooms of topics and publishing over a connection of their own, as one process has them. */
export interface Desk {
  readonly database: string;
  readonly context: Context;
  readonly directory: Directory;
  readonly retention: Retention;
  readonly publisher: Publisher;
  readonly events: readonly BrokerEvent[];
  readonly topic: (ref?: TopicRef, named?: LimitsPatch) => Promise<StoredTopic>;
  readonly subscribe: (name: string, named?: PolicyPatch, options?: Partial<EnsureSubscription>) => Promise<StoredSubscription>;
  readonly publish: (...messages: readonly (string | OutgoingMessage)[]) => Promise<readonly PublishReceipt[]>;
  readonly publishAs: (token: string | undefined, ...messages: readonly (string | OutgoingMessage)[]) => Promise<readonly PublishReceipt[]>;
}

/** Everything is about the topic `orders` of a database of its own. */
export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const runtime = systemRuntime();
  const database = options.database ?? freshDatabase();
  const real = mongoStore({ uri: mongoUri(), database, runtime, ...options.connection });
  await real.open();
  const store = options.wrap?.(real) ?? real;
  const events: BrokerEvent[] = [];
  const { clock } = options;
  const own: Runtime = clock === undefined ? runtime : Object.assign(systemRuntime(), { now: () => clock(runtime.now()) });
  const context: Context = { store, keys: new KeySpace('cw:'), runtime: own, clientId: own.newId(), limits: { ...limits, ...options.limits }, report: (event) => events.push(event) };
  const directory = new Directory(context, options.convertOrder ?? (async () => undefined), options.changed ?? (() => undefined));
  const retention = new Retention(context, directory);
  const publisher = new Publisher(context, directory, retention, options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs });
  onTestFinished(async () => {
    publisher.close();
    await real.close();
  });
  const publishAs: Desk['publishAs'] = (token, ...messages) => ask(publisher.publish({ topic: orders, token, messages: messages.map((one) => (typeof one === 'string' ? message(one) : one)) }));
  return {
    database, context, directory, retention, publisher, events, publishAs,
    topic: (ref = orders, named = {}) => ask(directory.ensureTopic({ topic: ref, limits: named, defaults: limits })),
    subscribe: (name, named = {}, more = {}) => ask(directory.ensureSubscription({ subscription: { ...orders, subscription: name }, policy: named, defaults: policy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'test', ...more })),
    publish: (...messages) => publishAs(runtime.newId(), ...messages),
  };
}

export function message(body: string | Uint8Array, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { body, headers: {}, ...more };
}

export function ask<T>(call: Observable<T>): Promise<T> {
  return firstValueFrom(call);
}

export interface Looker {
  readonly client: MongoClient;
  readonly db: Db;
  readonly topic: () => Promise<TopicDocument | null>;
  readonly log: () => Promise<LogDocument[]>;
  readonly bodies: () => Promise<unknown[]>;
  readonly pointers: () => Promise<PointerDocument[]>;
  /** The bodies that the pointers of a subscription lead to, in the order in which they would be claimed. */
  readonly waiting: (name: string) => Promise<unknown[]>;
  /** As if a consumer had done with the oldest of them. */
  readonly settle: (name: string, count: number) => Promise<void>;
}

/** Looks at what is stored as a foreigner does. */
export function looker(database: string, uri: string = mongoUri()): Looker {
  const client = rawClient(uri);
  const db = client.db(database);
  const topics = db.collection<TopicDocument>('cw_topics');
  const logs = db.collection<LogDocument>('cw_log');
  const deliveries = db.collection<PointerDocument>('cw_deliv');
  const idOf = async (name: string): Promise<string> => (await topics.findOne({ name: 'orders' }))?.subs.find((sub) => sub.name === name)?.id ?? '';
  return {
    client,
    db,
    topic: () => topics.findOne({ name: 'orders' }),
    log: () => logs.find({}, { sort: { q: 1 } }).toArray(),
    bodies: async () => (await logs.find({}, { sort: { q: 1 } }).toArray()).map(({ b }) => b),
    pointers: () => deliveries.find({}, { sort: { s: 1, q: 1 } }).toArray(),
    waiting: async (name) => {
      const found = await deliveries.find({ s: await idOf(name), st: 0 }, { sort: { at: 1, q: 1 } }).toArray();
      return Promise.all(found.map(async ({ m }) => (await logs.findOne({ _id: m }))?.b));
    },
    settle: async (name, count) => {
      const found = await deliveries.find({ s: await idOf(name), st: 0 }, { sort: { at: 1, q: 1 }, limit: count }).toArray();
      await deliveries.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
    },
  };
}

/** Names of the stages of a plan, the outermost first. */
export function stagesOf(plan: unknown): readonly string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  const { stage, inputStage, inputStages }: Document = plan;
  return [...(typeof stage === 'string' ? [stage] : []), ...stagesOf(inputStage), ...(Array.isArray(inputStages) ? inputStages.flatMap(stagesOf) : [])];
}
