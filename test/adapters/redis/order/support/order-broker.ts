import { defer, EMPTY, Observable, of, Subject } from 'rxjs';
import { capabilities } from '../../../../../src/adapters/redis/capabilities.js';
import type { Connection } from '../../../../../src/adapters/redis/connection/connection.js';
import { redisConnection } from '../../../../../src/adapters/redis/connection/redis-connection.js';
import type { Context } from '../../../../../src/adapters/redis/context.js';
import { peekDeadLetters } from '../../../../../src/adapters/redis/inspection/dead-letters.js';
import { peek } from '../../../../../src/adapters/redis/inspection/peek.js';
import { redrive } from '../../../../../src/adapters/redis/inspection/redrive.js';
import { topicStats } from '../../../../../src/adapters/redis/inspection/stats.js';
import { convertOrder } from '../../../../../src/adapters/redis/order/convert.js';
import { orderedLink } from '../../../../../src/adapters/redis/order/link.js';
import { ScheduledMover } from '../../../../../src/adapters/redis/publish/mover.js';
import { Publisher } from '../../../../../src/adapters/redis/publish/publisher.js';
import { Retention } from '../../../../../src/adapters/redis/publish/retention.js';
import { Directory } from '../../../../../src/adapters/redis/topics/directory.js';
import type { SubscriptionRecord } from '../../../../../src/adapters/redis/topics/records.js';
import { memoryBroker } from '../../../../../src/adapters/memory/index.js';
import { KeySpace } from '../../../../../src/keys/key-space.js';
import type { Broker } from '../../../../../src/port/broker.js';
import type { BrokerEvent } from '../../../../../src/port/events.js';
import type { SubscriptionRef, TopicRef } from '../../../../../src/port/names.js';
import type { Order } from '../../../../../src/port/policy.js';
import { systemRuntime } from '../../../../../src/system-runtime.js';

const limits = { maxStreamLen: 1_000_000, onFull: 'reject', retentionMs: 604_800_000, idempotencyWindowMs: 600_000, shardCount: 1 } as const;

/** One process's view of a server: the rooms that ordered delivery needs, without the rest of a broker. */
export interface OrderProcess {
  readonly context: Context;
  readonly directory: Directory;
  readonly publisher: Publisher;
  readonly mover: ScheduledMover;
  readonly connection: Connection;
  readonly events$: Subject<BrokerEvent>;
}

export function orderProcess(port: number): OrderProcess {
  const runtime = systemRuntime();
  const events$ = new Subject<BrokerEvent>();
  const connection = redisConnection({ topology: 'single', hosts: [{ host: '127.0.0.1', port }], runtime });
  const context: Context = { connection, keys: new KeySpace('cw:'), runtime, clientId: runtime.newId(), limits, report: (event) => { events$.next(event); } };
  const directory = new Directory(context, convertOrder);
  const retention = new Retention(context, directory);
  const mover = new ScheduledMover(context, directory, retention);
  return { context, directory, mover, connection, events$, publisher: new Publisher(context, directory, retention, mover) };
}

async function found({ directory }: OrderProcess, ref: SubscriptionRef): Promise<SubscriptionRecord> {
  const record = await directory.subscription(ref);
  if (record === undefined) throw new Error(`no subscription ${ref.subscription}`);
  return record;
}

/** A broker of which every subscription keeps an order, where nothing else is said. */
export function orderBroker(port: number, order: Order): Broker {
  const process = orderProcess(port);
  const { context, directory, publisher, connection, events$ } = process;
  const watched: (() => void)[] = [];
  // Not asked for here.
  const { keys, watches } = memoryBroker();
  return {
    name: `ordered redis (${order})`,
    capabilities,
    durability: { promise: 'as configured', survives: [] },
    format: { writes: 1, reads: [1] },
    topics: {
      ensureTopic: (request) => directory.ensureTopic(request),
      findTopic: (ref) => directory.findTopic(ref),
      listTopics: (scope) => directory.listTopics(scope),
      deleteTopic: (ref) => directory.deleteTopic(ref),
      ensureSubscription: (request) => directory.ensureSubscription({ ...request, defaults: { ...request.defaults, order } }),
      findSubscription: (ref) => directory.findSubscription(ref),
      listSubscriptions: (ref) => directory.listSubscriptions(ref),
      deleteSubscription: (ref) => directory.deleteSubscription(ref),
    },
    publisher,
    deliveries: {
      attach: (ref, consumer) => defer(async () => {
        watched.push(process.mover.watch(ref));
        return orderedLink(context, directory, ref, await found(process, ref), consumer);
      }),
    },
    inspection: {
      stats: (topic: TopicRef) => defer(async () => {
        const overview = await directory.overview(topic);
        if (overview === undefined) throw new Error('no topic');
        return topicStats(context, directory, topic, overview);
      }),
      peek: (ref, limit) => defer(async () => peek(context, directory, await found(process, ref), limit)),
      peekDeadLetters: (ref, limit) => defer(async () => peekDeadLetters(context, await found(process, ref), limit)),
      redrive: (request) => defer(async () => redrive(context, directory, await found(process, request.subscription), request)),
      purge: () => notBuilt(),
      purgeDeadLetters: () => notBuilt(),
      read: () => notBuilt(),
      redeliver: () => notBuilt(),
    },
    keys,
    watches,
    status$: of({ state: 'ready' }),
    events$,
    open: () => defer(() => connection.open()),
    close: () => defer(async () => {
      for (const end of watched) end();
      await connection.close();
    }),
  };
}

function notBuilt(): Observable<never> {
  return EMPTY;
}
