import type { Scope } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { RedisKeys } from '../keys/redis-keys.js';
import type { ScopeEvents } from './scope-events.js';

/** What a watch is made of. */
export interface WatchParts {
  readonly context: Context;
  readonly keys: RedisKeys;
  /** undefined: keyspace events are not to be used. */
  readonly events: (scope: Scope) => ScopeEvents | undefined;
  readonly reconcileMs: number;
}
