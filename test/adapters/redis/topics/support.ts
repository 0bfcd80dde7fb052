import type { Redis } from 'ioredis';
import { firstValueFrom, type Observable } from 'rxjs';
import { onTestFinished } from 'vitest';
import type { Connection } from '../../../../src/adapters/redis/connection/connection.js';
import type { ConnectionOptions } from '../../../../src/adapters/redis/connection/options.js';
import { redisConnection } from '../../../../src/adapters/redis/connection/redis-connection.js';
import { script } from '../../../../src/adapters/redis/connection/script.js';
import type { Context } from '../../../../src/adapters/redis/context.js';
import { ScheduledMover } from '../../../../src/adapters/redis/publish/mover.js';
import { Publisher } from '../../../../src/adapters/redis/publish/publisher.js';
import { Retention } from '../../../../src/adapters/redis/publish/retention.js';
import { Directory, type ConvertOrder } from '../../../../src/adapters/redis/topics/directory.js';
import { KeySpace } from '../../../../src/keys/key-space.js';
import type { BrokerEvent } from '../../../../src/port/events.js';
import type { OutgoingMessage } from '../../../../src/port/message.js';
import type { SubscriptionRef, TopicRef } from '../../../../src/port/names.js';
import type { LimitsPatch, PolicyPatch, SubscriptionPolicy, TopicLimits } from '../../../../src/port/policy.js';
import type { PublishReceipt } from '../../../../src/port/publisher.js';
import type { EnsureSubscription, StoredSubscription, StoredTopic } from '../../../../src/port/topic-store.js';
import { systemRuntime } from '../../../../src/system-runtime.js';
import { freshNamespace, rawClient, redisPort } from '../../../support/redis/shared.js';

export const limits: TopicLimits = { maxStreamLen: 100_000, onFull: 'reject', retentionMs: 604_800_000, idempotencyWindowMs: 600_000, shardCount: 1 };
export const policy: SubscriptionPolicy = { visibilityTimeoutMs: 30_000, maxDeliveries: 5, retryBackoffMs: [1_000], deadLetterEnabled: true, order: 'none', expired: 'dead-letter' };

export interface DeskOptions {
  readonly connection?: Partial<ConnectionOptions>;
  readonly convertOrder?: ConvertOrder;
  readonly deadlineMs?: number;
  readonly limits?: Partial<TopicLimits>;
  /** Changes the text of scripts on their way: a bug that the tests must notice. */
  readonly plant?: ((text: string) => string) | undefined;
}

/** The rooms of topics and publishing over a connection of their own, as one process has them. */
export interface Desk {
  readonly context: Context;
  readonly directory: Directory;
  readonly retention: Retention;
  readonly mover: ScheduledMover;
  readonly publisher: Publisher;
  readonly events: readonly BrokerEvent[];
  readonly topic: (ref: TopicRef, named?: LimitsPatch) => Promise<StoredTopic>;
  readonly subscribe: (ref: TopicRef, name: string, named?: PolicyPatch, options?: Partial<EnsureSubscription>) => Promise<StoredSubscription>;
  readonly publish: (ref: TopicRef, ...messages: readonly (string | OutgoingMessage)[]) => Promise<readonly PublishReceipt[]>;
  readonly publishAs: (token: string | undefined, ref: TopicRef, ...messages: readonly (string | OutgoingMessage)[]) => Promise<readonly PublishReceipt[]>;
}

export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const runtime = systemRuntime();
  const real = redisConnection({ topology: 'single', hosts: [{ host: '127.0.0.1', port: redisPort() }], runtime, ...options.connection });
  await real.open();
  const connection = options.plant === undefined ? real : planted(real, options.plant);
  const events: BrokerEvent[] = [];
  const context: Context = { connection, keys: new KeySpace('cw:'), runtime, clientId: runtime.newId(), limits: { ...limits, ...options.limits }, report: (event) => events.push(event) };
  const directory = new Directory(context, options.convertOrder ?? (async () => undefined), () => undefined);
  const retention = new Retention(context, directory);
  const mover = new ScheduledMover(context, directory, retention);
  const publisher = new Publisher(context, directory, retention, mover, options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs });
  onTestFinished(async () => {
    publisher.close();
    mover.close();
    await real.close();
  });
  const publishAs: Desk['publishAs'] = (token, topic, ...messages) => ask(publisher.publish({ topic, token, messages: messages.map((one) => (typeof one === 'string' ? message(one) : one)) }));
  return {
    context, directory, retention, mover, publisher, events, publishAs,
    topic: (ref, named = {}) => ask(directory.ensureTopic({ topic: ref, limits: named, defaults: limits })),
    subscribe: (ref, name, named = {}, more = {}) => ask(directory.ensureSubscription({ subscription: { ...ref, subscription: name }, policy: named, defaults: policy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'test', ...more })),
    publish: (ref, ...messages) => publishAs(runtime.newId(), ref, ...messages),
  };
}

function planted(real: Connection, plant: (text: string) => string): Connection {
  const run: Connection['run'] = ({ name, text }, ...rest) => real.run(script(name, plant(text)), ...rest);
  return new Proxy(real, {
    get: (target, name) => {
      if (name === 'run') return run;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (...args: unknown[]): unknown => Reflect.apply(value, target, args) : value;
    },
  });
}

export function message(body: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { body, headers: {}, ...more };
}

export function freshTopic(topic = 'orders'): TopicRef {
  return { tenantId: 'acme', namespace: freshNamespace(), topic };
}

export function ask<T>(call: Observable<T>): Promise<T> {
  return firstValueFrom(call);
}

/** The key of a topic's stream, and of what lies beside it. */
export function streamOf({ tenantId, namespace, topic }: TopicRef, shard = 0): string {
  return `cw:${tenantId}:${namespace}:topic:${topic}${shard === 0 ? '' : `:${shard}`}`;
}

export function besideOf(ref: TopicRef, name: string, shard = 0): string {
  return `{${streamOf(ref, shard)}}:${name}`;
}

export interface Looker {
  readonly raw: Redis;
  readonly bodies: (ref: TopicRef, shard?: number) => Promise<(string | undefined)[]>;
  readonly read: (ref: SubscriptionRef, count?: number) => Promise<string[]>;
  readonly ack: (ref: SubscriptionRef, ...ids: string[]) => Promise<void>;
}

/** Looks at a server as a foreigner does. */
export function looker(url?: string): Looker {
  const raw = rawClient(url);
  return {
    raw,
    bodies: async (ref, shard) => (await raw.xrange(streamOf(ref, shard), '-', '+')).map(([, fields]) => fields[1]),
    /** Takes entries as a consumer does; answers the ids of all that it holds. */
    read: async (ref, count = 100) => {
      await raw.call('XREADGROUP', 'GROUP', ref.subscription, 'c', 'COUNT', count, 'STREAMS', streamOf(ref), '>');
      const held: unknown = await raw.call('XPENDING', streamOf(ref), ref.subscription, '-', '+', 1_000);
      return Array.isArray(held) ? held.map((row: unknown) => String(Array.isArray(row) ? row[0] : '')) : [];
    },
    ack: async (ref, ...ids) => { await raw.xack(streamOf(ref), ref.subscription, ...ids); },
  };
}
