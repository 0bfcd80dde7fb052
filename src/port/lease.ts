import type { StoredMessage } from './message.js';

/**
 * Proof of a lease. Opaque: only the adapter that issued it looks inside, everybody else hands it back as it is. A
 * token is good for one delivery; after a lapse and a new claim the old one settles nothing.
 */
export type LeaseToken = object | string | number;

/** One hand-over of a message, under a lease. */
export interface Claimed {
  readonly token: LeaseToken;
  readonly message: StoredMessage;
  /** Which delivery of this message this is, by the backend's count; starts at 1. */
  readonly deliveryCount: number;
  /** End of the lease, by the clock of this process; adapters over a network err on the early side. */
  readonly leaseUntil: number;
  /** The last attempt of a message that lapsed before: handed out alone. */
  readonly isolated: boolean;
}

/** Text about a failure, without its payload. */
export interface FailureNote {
  /** A stable word: `MaxDeliveries`, `Rejected`, `Expired`, `Undecodable`, `SchemaRejected`, `NeverStarted`, or the application's own. */
  readonly reason: string;
  readonly description?: string | undefined;
  /** The error and its causes, outermost first, each as `Name: message`. */
  readonly errors?: readonly string[] | undefined;
}

/**
 * How a lease is ended.
 * - `ack`: done.
 * - `retry`: failed; comes back after `delayMs` of the backend's clock, or by the stored policy where it is undefined.
 *   A spent message is dead-lettered (or dropped) instead, and the answer says so.
 * - `dead-letter`: goes to the dead letters at once, with `failure`.
 * - `release`: handed back unused; the attempt is refunded and it is available at once, in its old place.
 * - `leak`: was emitted but no operator ever took it; counts as an attempt, like a lapse.
 */
export type SettleAction = 'ack' | 'retry' | 'dead-letter' | 'release' | 'leak';

export interface Settlement {
  readonly token: LeaseToken;
  readonly action: SettleAction;
  readonly delayMs?: number | undefined;
  readonly failure?: FailureNote | undefined;
}

/**
 * What differs from what was asked, by the index of the settlement in the call. Whatever is not listed was done.
 * - `lost`: the lease had been taken by somebody else, or the message is gone; nothing was changed.
 * - `dead-lettered`, `dropped`: a `retry` or `leak` found the message spent; `dropped` also where a `dead-letter` met a
 *   subscription without dead letters.
 * - `failed`: this one item could not be done and stays leased; `error` says why.
 */
export interface SettleDeviation {
  readonly index: number;
  readonly result: 'lost' | 'dead-lettered' | 'dropped' | 'failed';
  readonly error?: unknown;
}
