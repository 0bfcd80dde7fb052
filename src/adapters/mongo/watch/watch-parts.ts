import type { Context } from '../context.js';
import type { MongoKeys } from '../keys/mongo-keys.js';

/** What a watch is made of. */
export interface WatchParts {
  readonly context: Context;
  readonly keys: MongoKeys;
  readonly reconcileMs: number;
}
