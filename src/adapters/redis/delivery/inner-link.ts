import type { ConsumerLink } from '../../../port/delivery-store.js';
import type { SubscriptionRecord } from '../topics/records.js';

/** A consumer that works by the record of its subscription. */
export interface RecordReader {
  /** The record as it is now; undefined: it is gone. An older one than is known changes nothing. */
  changed(record: SubscriptionRecord | undefined): void;
}

/** A consumer's line of one kind: without order, or with one. */
export interface InnerLink extends ConsumerLink, RecordReader {}
