import type { Timestamp } from 'mongodb';
import type { StreamEvent } from './change-events.js';
import type { StreamFilter } from './stream-filter.js';

/** What a source of hints, stream or polling, tells. */
export interface FeedEvents {
  /** From here on everything that `filter` names is told; `missed`: not everything since the last time. `at`: reads from this time on meet what is told. */
  live(at: Timestamp | undefined, missed: boolean, filter: StreamFilter): void;
  /** Nothing is told until it is live again. */
  stale(): void;
  event(event: StreamEvent): void;
  /** There are no change streams here, after all. */
  refused(why: string): void;
}

/** A source of hints. */
export interface Feed {
  /** What is wanted has grown. */
  widen(): void;
  stop(): Promise<void>;
}
