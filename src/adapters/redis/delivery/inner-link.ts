import type { ClaimAnswer, RenewAnswer } from '../../../port/delivery-store.js';
import type { LeaseToken, SettleDeviation, Settlement } from '../../../port/lease.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { SubscriptionRecord } from '../topics/records.js';
import type { Stop } from './stop.js';

/** A consumer that works by the record of its subscription. */
export interface RecordReader {
  /** The record as it is now; undefined: it is gone. An older one than is known changes nothing. */
  changed(record: SubscriptionRecord | undefined): void;
}

/**
 * A consumer's line of one kind: without order, or with one. What the port asks of a line (port/delivery-store.ts), in promises: only the line that is
 * handed out speaks in Observables, for each of them costs as much as the rest of a call.
 */
export interface InnerLink extends RecordReader {
  readonly policy: SubscriptionPolicy;
  claim(max: number, stop: Stop): Promise<ClaimAnswer>;
  settle(settlements: readonly Settlement[]): Promise<readonly SettleDeviation[]>;
  renew(tokens: readonly LeaseToken[]): Promise<RenewAnswer>;
  detach(): Promise<void>;
}
