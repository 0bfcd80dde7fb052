import type { TopicLimits } from '../../port/policy.js';
import type { Bell } from './bell.js';
import type { MessageLog } from './message-log.js';
import type { Outbox } from './outbox.js';

/** What a subscription needs of its topic. */
export interface Home {
  readonly bell: Bell;
  readonly outbox: Outbox;
  readonly log: MessageLog;
  readonly limits: TopicLimits;
  readonly schedule: { readonly nextDue: number };
  /** Lets what is due by `now` become a message like any other. */
  advance(now: number): void;
  /** A message at this place waits again. */
  reopened(seq: number): void;
  deleteSubscription(name: string): boolean;
}
