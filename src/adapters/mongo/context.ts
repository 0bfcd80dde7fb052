import type { KeySpace } from '../../keys/key-space.js';
import type { BrokerEvent } from '../../port/events.js';
import type { TopicLimits } from '../../port/policy.js';
import type { Runtime } from '../../port/runtime.js';
import type { MongoStore } from './connection/store.js';

/** What every room of this adapter works with. */
export interface Context {
  readonly store: MongoStore;
  readonly keys: KeySpace;
  readonly runtime: Runtime;
  /** Nobody else has it; stands in tokens and events. */
  readonly clientId: string;
  /** What a topic gets that is created by its first publish. */
  readonly limits: TopicLimits;
  readonly report: (event: BrokerEvent) => void;
}
