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
  readonly retentionDays: number | undefined;
  readonly maxVersions: number | undefined;
}

export interface WarmVersion {
  readonly body: Body | undefined;
  /** The warm tier's own number, not a hot revision. */
  readonly version: number;
  readonly writtenAt: number;
}

/** A page of warm message copies, by publish time. */
export interface WarmRange {
  readonly topic: TopicRef;
  readonly from: number;
  readonly to: number;
  readonly after?: string | undefined;
  readonly max: number;
}

/** The durable copy of what must outlive the hot tier. Every write may be repeated. */
export interface WarmStore {
  saveValue(value: WarmValue): Observable<void>;
  loadValue(key: KeyRef): Observable<WarmVersion | undefined>;
  /** `keepHistory`: close the history instead of removing it. */
  deleteValue(key: KeyRef, options: { readonly keepHistory: boolean }): Observable<void>;
  valueHistory(key: KeyRef, limit: number): Observable<readonly WarmVersion[]>;
  saveMessages(topic: TopicRef, messages: readonly StoredMessage[], retentionDays: number | undefined): Observable<void>;
  readMessages(range: WarmRange): Observable<readonly StoredMessage[]>;
  saveDeadLetter(subscription: SubscriptionRef, record: DeadLetterRecord): Observable<void>;
  close(): Observable<void>;
}
