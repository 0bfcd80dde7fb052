import type { Observable } from 'rxjs';
import type { FailureNote } from './lease.js';
import type { StoredMessage } from './message.js';
import type { SubscriptionRef, TopicRef } from './names.js';

/** Counts of one subscription; null where the backend cannot know. */
export interface SubscriptionStats {
  readonly name: string;
  /** Available now, lapsed leases included. */
  readonly waiting: number | null;
  /** Waiting for their retry. */
  readonly delayed: number | null;
  readonly leased: number | null;
  readonly dead: number | null;
  /** Age of the oldest message that is not settled and not dead, in ms; null when there is none or it is unknown. */
  readonly oldestAgeMs: number | null;
}

export interface TopicStats {
  readonly topic: string;
  /** Messages the topic retains, settled ones included; null where unknown. */
  readonly length: number | null;
  /** Scheduled messages that are not due. */
  readonly scheduled: number | null;
  readonly subscriptions: readonly SubscriptionStats[];
}

/** What happened to a message on its way into the dead letters, oldest first. */
export interface DeathNote extends FailureNote {
  readonly deadAt: number;
  readonly deliveryCount: number;
}

/** A dead letter with everything that is known of it. */
export interface DeadLetterRecord {
  readonly message: StoredMessage;
  readonly subscription: string;
  readonly deliveryCount: number;
  /** The latest death last; redriven messages that died again have several. */
  readonly history: readonly DeathNote[];
}

/** A message as seen by looking without taking. */
export interface PeekedMessage {
  readonly message: StoredMessage;
  readonly state: 'waiting' | 'delayed' | 'leased';
  /** Deliveries so far. */
  readonly deliveryCount: number;
}

/** Which dead letters go back. */
export interface RedriveRequest {
  readonly subscription: SubscriptionRef;
  /** Only these; default: all. */
  readonly ids?: readonly string[] | undefined;
  /** Only those whose latest reason this is. */
  readonly reason?: string | undefined;
  /** At most this many; the oldest first. */
  readonly max?: number | undefined;
}

/** A page of what a topic retains, by publish time. */
export interface ReadRange {
  readonly topic: TopicRef;
  /** From this time on (ms since the epoch, inclusive). */
  readonly from: number;
  /** Up to this time (inclusive). */
  readonly to: number;
  /** Continue after this message. */
  readonly after?: string | undefined;
  readonly max: number;
}

/** Looking at a topic, and the operator's tools. Unknown topics and subscriptions are `TOPIC_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`. */
export interface Inspection {
  stats(topic: TopicRef): Observable<TopicStats>;
  /** The oldest unsettled messages, in order, without taking them. */
  peek(subscription: SubscriptionRef, limit: number): Observable<readonly PeekedMessage[]>;
  /** Removes what waits or is delayed, for every subscription; what is leased or dead stays. Answers how many messages left a subscription. */
  purge(topic: TopicRef): Observable<number>;
  peekDeadLetters(subscription: SubscriptionRef, limit: number): Observable<readonly DeadLetterRecord[]>;
  purgeDeadLetters(subscription: SubscriptionRef): Observable<number>;
  /** Puts dead letters back into their one subscription with a fresh count; their history stays. Answers how many. */
  redrive(request: RedriveRequest): Observable<number>;
  /** Reads what the topic retains, settled or not. */
  read(range: ReadRange): Observable<readonly StoredMessage[]>;
  /** Puts retained messages into one subscription again, as new deliveries. Answers how many were still there. */
  redeliver(subscription: SubscriptionRef, ids: readonly string[]): Observable<number>;
  /**
   * Puts messages into one subscription that come from elsewhere (copies of the warm tier), as new deliveries under their own ids, keys and publish
   * times; of one that the topic still retains it does what {@link redeliver} does. May be repeated: what is unsettled there, in hand or delayed too,
   * is not doubled, and a dead letter lives again with a fresh count. Nobody else sees them: they are not in the log (`read`), their idempotency keys
   * are neither asked nor remembered, `maxStreamLen` does not bound them. One that has expired ends as any other. Where the subscription keeps an order,
   * a message of this topic takes its old place; what another topic or backend gave its id comes before those, by its publish time.
   */
  restore(subscription: SubscriptionRef, messages: readonly StoredMessage[]): Observable<void>;
}
