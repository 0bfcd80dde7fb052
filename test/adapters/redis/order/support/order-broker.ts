import { RedisBroker } from '../../../../../src/adapters/redis/broker.js';
import type { Connection } from '../../../../../src/adapters/redis/connection/connection.js';
import { redisConnection } from '../../../../../src/adapters/redis/connection/redis-connection.js';
import { KeySpace } from '../../../../../src/keys/key-space.js';
import type { Broker } from '../../../../../src/port/broker.js';
import type { Order } from '../../../../../src/port/policy.js';
import { systemRuntime } from '../../../../../src/system-runtime.js';

const limits = { maxStreamLen: 1_000_000, onFull: 'reject', retentionMs: 604_800_000, idempotencyWindowMs: 600_000, shardCount: 1 } as const;

/** Stands between the rooms and the connection. */
export type Wrap = (connection: Connection) => Connection;

/** One process's broker, in which every new subscription keeps an order where nothing else is said. */
export function orderBroker(port: number, order: Order, wrap: Wrap = (connection) => connection): Broker {
  const runtime = systemRuntime();
  const connection = wrap(redisConnection({ topology: 'single', hosts: [{ host: '127.0.0.1', port }], runtime }));
  const broker = new RedisBroker({ connection, keys: new KeySpace('cw:'), runtime, limits }, {});
  const { topics } = broker;
  return {
    name: broker.name,
    capabilities: broker.capabilities,
    durability: broker.durability,
    format: broker.format,
    topics: {
      ensureTopic: (request) => topics.ensureTopic(request),
      findTopic: (ref) => topics.findTopic(ref),
      listTopics: (scope) => topics.listTopics(scope),
      deleteTopic: (ref) => topics.deleteTopic(ref),
      ensureSubscription: (request) => topics.ensureSubscription({ ...request, defaults: { ...request.defaults, order } }),
      findSubscription: (ref) => topics.findSubscription(ref),
      listSubscriptions: (ref) => topics.listSubscriptions(ref),
      deleteSubscription: (ref) => topics.deleteSubscription(ref),
    },
    publisher: broker.publisher,
    deliveries: broker.deliveries,
    inspection: broker.inspection,
    keys: broker.keys,
    watches: broker.watches,
    status$: broker.status$,
    events$: broker.events$,
    open: () => broker.open(),
    close: () => broker.close(),
  };
}
