import type { Observable } from 'rxjs';
import type { OutgoingMessage } from './message.js';
import type { TopicRef } from './names.js';

/** Messages that are stored together. */
export interface PublishBatch {
  readonly topic: TopicRef;
  /** Unique per batch; a resend under the same token completes the batch and stores nothing twice. undefined: it is never resent. */
  readonly token: string | undefined;
  readonly messages: readonly OutgoingMessage[];
}

export interface PublishReceipt {
  readonly id: string;
  /** true: the idempotency key was known, `id` is the first message's. */
  readonly duplicate: boolean;
  /** When it becomes due, for a scheduled message. */
  readonly dueAt: number | undefined;
  /** The `publishedAt` that the message is stored with, where the backend tells it; of a duplicate it need not. */
  readonly publishedAt?: number | undefined;
}

export interface MessagePublisher {
  /**
   * Stores a batch and answers once it is stored, one receipt a message in the order given. The topic is created where
   * it is missing. Errors: `TOPIC_FULL`, `PARTIAL_PUBLISH`, `LINK_LOST`.
   */
  publish(batch: PublishBatch): Observable<readonly PublishReceipt[]>;
  /** Takes back a scheduled message; false when it is unknown or has become due. */
  cancelScheduled(topic: TopicRef, id: string): Observable<boolean>;
}
