import type { Headers } from '../port/message.js';
import type { SettleResult } from './lease-cell.js';

/**
 * What a handler gets: the payload and its context. It has no way to settle; the operator that runs the handler does
 * that when the handler completes or fails.
 */
export interface Message<out T> {
  /** Unique in its topic; the same on every redelivery. */
  readonly id: string;
  readonly topic: string;
  readonly subscription: string;
  readonly payload: T;
  readonly headers: Headers;
  /** The ordering key, if it was published with one. */
  readonly key: string | undefined;
  /** 1 for the first delivery; counted by the backend, so crashes count too. */
  readonly deliveryCount: number;
  /** `deliveryCount - 1`. */
  readonly redeliveryCount: number;
  /** When the backend stored it, ms since the epoch. */
  readonly publishedAt: number;
  /** Aborts when the lease is lost, the work is cancelled or its time is over. */
  readonly signal: AbortSignal;
}

/** How {@link Delivery.nack} hands a message back. */
export interface NackOptions {
  /** false: to the dead letters at once, with reason `Rejected`. Default: true. */
  readonly requeue?: boolean | undefined;
  /** Delay before the redelivery, ms, 0 or more. Default: by the subscription's stored `retryBackoffMs`. */
  readonly delayMs?: number | undefined;
}

/** How a settlement by hand ended. */
export interface SettleAnswer {
  /**
   * `settled`: done. `dead-lettered`, `dropped`: the retry found the message spent. `lapsed`, `taken`, `unknown`: the
   * lease was lost, the message may be delivered again. `repeated`: it had been settled before; nothing was done.
   */
  readonly result: SettleResult | 'repeated';
}

/**
 * One hand-over of a message, under a lease. Exactly one fate: an operator takes it (`ackOnComplete` and its kin), or
 * you settle it by hand. A delivery that nobody takes lapses after one lease, like a crash.
 *
 * The settling methods start at once, not on await. The first settlement wins; a later one resolves with `repeated` and
 * a `settled-twice` event. They reject with `DELIVERY_TAKEN` while an operator has the delivery.
 */
export interface Delivery<out T> extends Message<T> {
  /** Makes the compiler's message a sentence when something else is passed where a delivery is needed. */
  readonly 'a Delivery, as emitted by topic.subscription()': true;
  /** Until when the lease lasts without renewal, ms since the epoch by this process' clock. */
  readonly leaseUntil: number;
  /** Done. */
  ack(): Promise<SettleAnswer>;
  /** Failed: comes back later, or goes to the dead letters when it is spent. */
  nack(options?: NackOptions): Promise<SettleAnswer>;
  /** Goes to the dead letters at once. `reason` is 1-200 characters; default `Rejected`. */
  deadLetter(reason?: string, description?: string): Promise<SettleAnswer>;
  /** Hands it back unused: available at once, the attempt is refunded. */
  release(): Promise<SettleAnswer>;
}
