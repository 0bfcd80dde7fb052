import type { SubscriptionRef } from '../../../port/names.js';
import type { SubscriptionRecord } from '../topics/records.js';

/** What deliveries need of the topics: the directory has it. */
export interface Records {
  subscription(ref: SubscriptionRef): Promise<SubscriptionRecord | undefined>;
  /** A consumer of an ephemeral subscription is there, or still there; false: the subscription is gone. */
  seen(record: SubscriptionRecord, consumerId: string): Promise<boolean>;
  left(record: SubscriptionRecord, consumerId: string): Promise<void>;
}
