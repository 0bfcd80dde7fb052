import type { Broker } from '../../port/broker.js';
import type { TopicLimits } from '../../port/policy.js';
import type { Runtime } from '../../port/runtime.js';
import { systemRuntime } from '../../system-runtime.js';
import { MemoryBroker } from './broker.js';
import { merged } from './patch.js';

export { memoryWarmStore, type MemoryWarmStore, type MemoryWarmStoreOptions } from './warm-store.js';

/** Options of {@link memoryBroker}. */
export interface MemoryBrokerOptions {
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
 * A broker inside this process: no server, nothing survives the process. It is a plain synchronous state machine, so
 * every call answers within subscribe, and under a virtual runtime everything happens at exact times.
 *
 * @example
 * ```ts
 * const broker = memoryBroker();
 * broker.open().subscribe();
 * ```
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): Broker {
  return new MemoryBroker(options.runtime ?? systemRuntime(), merged(defaultLimits, options.limits ?? {}));
}
