import type { Broker } from '../../port/broker.js';
import type { TopicLimits } from '../../port/policy.js';
import type { Runtime } from '../../port/runtime.js';
import { KeySpace } from '../../keys/key-space.js';
import { systemRuntime } from '../../system-runtime.js';
import { RedisBroker } from './broker.js';
import { redisConnection } from './connection/redis-connection.js';
import type { ConnectionOptions } from './connection/options.js';
import type { WatchOptions } from './watch/options.js';

export type { Durability } from './connection/connection.js';
export type { DriverClient } from './connection/options.js';

/** Options of {@link redisBroker}: how to reach the servers, and what keys begin with. */
export interface RedisBrokerOptions extends Omit<ConnectionOptions, 'runtime' | 'topology' | 'hosts'>, WatchOptions {
  /** Default: `single`. */
  readonly topology?: ConnectionOptions['topology'] | undefined;
  /** The server; for a sentinel the sentinels, for a cluster some of its nodes. Not with `client`. Default: 127.0.0.1:6379. */
  readonly hosts?: ConnectionOptions['hosts'] | undefined;
  /** Begins every key. Default: `cw:`. */
  readonly keyPrefix?: string | undefined;
  /** Where time, turns, ids and chance come from. Default: this process, {@link systemRuntime}. */
  readonly runtime?: Runtime | undefined;
  /** What a topic gets that is created by its first publish. Default: the documented defaults of `init`. */
  readonly limits?: { readonly [K in keyof TopicLimits]?: TopicLimits[K] | undefined } | undefined;
}

const defaultLimits: TopicLimits = {
  maxStreamLen: 100_000,
  onFull: 'reject',
  retentionMs: 7 * 86_400_000,
  idempotencyWindowMs: 600_000,
  shardCount: 1,
};

/**
 * A broker on Redis 5.0 or later: a single server, a master watched by sentinels, or a Cluster. `Chronow.init({ redis })` makes one; use
 * this to hand it to `Chronow.over()`, with options of your own. Nothing is connected before `open()`.
 *
 * @example
 * ```ts
 * const broker = redisBroker({ hosts: [{ host: '127.0.0.1', port: 6379 }] });
 * broker.open().subscribe();
 * ```
 * @throws ChronowError `CONFIG_INVALID` for a keyPrefix with braces or glob characters, and for a client that has a keyPrefix.
 */
export function redisBroker(options: RedisBrokerOptions = {}): Broker {
  const { keyPrefix = 'cw:', runtime = systemRuntime(), limits = {}, keyspaceEvents, reconcileMs, topology = 'single', hosts = [{ host: '127.0.0.1', port: 6_379 }], ...rest } = options;
  const connection = redisConnection({ ...rest, keyPrefix, topology, hosts, runtime });
  return new RedisBroker({ connection, keys: new KeySpace(keyPrefix), runtime, limits: { ...defaultLimits, ...definedOf(limits) } }, { keyspaceEvents, reconcileMs });
}

function definedOf<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const defined: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const [name, value] of Object.entries(patch)) if (value !== undefined) Reflect.set(defined, name, value);
  return defined;
}
