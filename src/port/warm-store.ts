import type { Observable } from 'rxjs';
import type { DeadLetterRecord } from './inspection.js';
import type { Body, StoredMessage } from './message.js';
import type { KeyRef, SubscriptionRef, TopicRef } from './names.js';

/** `append` keeps every version, `latest` one document a key. */
export type UpsertStrategy = 'append' | 'latest';

export interface WarmValue {
  readonly key: KeyRef;
  readonly body: Body;
  /** The hot revision this is a copy of. */
  readonly revision: number;
  readonly strategy: UpsertStrategy;
  /** How long it is kept; undefined: for ever. */
  readonly retentionDays: number | undefined;
  /** The most versions that stay of an appended value; undefined: all. */
  readonly maxVersions: number | undefined;
}

export interface WarmDelete {
  /** The hot revision of the deletion: what is newer stays. */
  readonly revision: number;
  /** Keep the history and close it, instead of removing it. */
  readonly keepHistory: boolean;
  /** How long the deletion is remembered; undefined: for ever. */
  readonly retentionDays: number | undefined;
}

export interface WarmVersion {
  /** undefined: deleted. */
  readonly body: Body | undefined;
  /** The warm tier's own number: from 0 for each appended value, 0 for `latest`. */
  readonly version: number;
  /** The hot revision it is a copy of; 0 where somebody else wrote it. */
  readonly revision: number;
  readonly writtenAt: number;
  /** When it ends, or undefined. */
  readonly expiresAt: number | undefined;
}

/** How one delivery was settled. */
export interface SettledDelivery {
  readonly id: string;
  /** Which delivery of the message it was; starts at 1. */
  readonly attempt: number;
  /** `dead`: also where the subscription keeps no dead letters, and the message was dropped. */
  readonly status: 'ack' | 'nack' | 'dead';
  /** The name of the consumer. */
  readonly consumer: string;
  /** The word for the failure; undefined: it was none, or nothing was said of it. */
  readonly reason: string | undefined;
  readonly settledAt: number;
}

/** A page of warm message copies, by publish time. */
export interface WarmRange {
  readonly topic: TopicRef;
  /** From this time on (ms since the epoch, inclusive). */
  readonly from: number;
  /** Up to this time (inclusive). */
  readonly to: number;
  /** Continue after this message. */
  readonly after?: string | undefined;
  readonly max: number;
}

/**
 * The durable copy of what must outlive the hot tier. Every write may be repeated, and may come late: of a value the highest hot
 * revision counts. A write at or below what is stored (a value or a deletion) changes nothing and is answered as done.
 */
export interface WarmStore {
  /** Errors: `KEY_CLOSED` where the history was closed at a lower revision. */
  saveValue(value: WarmValue): Observable<void>;
  /** The newest version of either strategy, a deletion included; undefined where nothing is known, or all has ended. */
  loadValue(key: KeyRef): Observable<WarmVersion | undefined>;
  deleteValue(key: KeyRef, deletion: WarmDelete): Observable<void>;
  /** Versions that have not ended, newest first, a closing deletion included; one at most where the strategy is `latest`. */
  valueHistory(key: KeyRef, limit: number): Observable<readonly WarmVersion[]>;
  /** The first copy of a message stays. */
  saveMessages(topic: TopicRef, messages: readonly StoredMessage[], retentionDays: number | undefined): Observable<void>;
  /** Oldest first. */
  readMessages(range: WarmRange): Observable<readonly StoredMessage[]>;
  /** One record for each message and subscription: the first one stays. */
  saveDeadLetter(subscription: SubscriptionRef, record: DeadLetterRecord, retentionDays: number | undefined): Observable<void>;
  /** One record for each attempt: the one that was settled last, since a message that is delivered anew counts from 1 again. */
  saveDeliveries(subscription: SubscriptionRef, deliveries: readonly SettledDelivery[], retentionDays: number | undefined): Observable<void>;
  close(): Observable<void>;
}
