import { KeySpace } from '../../keys/key-space.js';
import type { Broker } from '../../port/broker.js';
import type { TopicLimits } from '../../port/policy.js';
import type { Runtime } from '../../port/runtime.js';
import { systemRuntime } from '../../system-runtime.js';
import { patchedLimits } from '../common/policy-patch.js';
import { MongoBroker } from './broker.js';
import { mongoStore } from './connection/mongo-store.js';
import type { ConnectionOptions } from './connection/options.js';
import type { WatchOptions } from './watch/options.js';

export type { Probes } from './connection/probes.js';
export { mongoWarmStore, type MongoWarmStoreOptions, type MongoWarmTarget } from './warm/warm-store.js';

/** Options of {@link mongoBroker}: how to reach the deployment, and what keys begin with. */
export interface MongoBrokerOptions extends Omit<ConnectionOptions, 'runtime'>, WatchOptions {
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
 * A broker on MongoDB 4.4 or later: a replica set or a sharded cluster; on a standalone server it polls. `Chronow.init({ mongoOnly: true, mongo })` makes one;
 * use this to hand it to `Chronow.over()`, with options of your own. Nothing is connected before `open()`.
 *
 * @example
 * ```ts
 * const broker = mongoBroker({ uri: 'mongodb://127.0.0.1:27017/?replicaSet=rs0' });
 * broker.open().subscribe();
 * ```
 * @throws ChronowError `CONFIG_INVALID` for a keyPrefix with braces or glob characters, and for a URI that the driver does not take.
 */
export function mongoBroker(options: MongoBrokerOptions): Broker {
  const { keyPrefix = 'cw:', runtime = systemRuntime(), limits = {}, reconcileMs, ...rest } = options;
  const keys = new KeySpace(keyPrefix);
  return new MongoBroker({ store: mongoStore({ ...rest, runtime }), keys, runtime, limits: patchedLimits(defaultLimits, limits) }, { reconcileMs });
}
