import type { ClaimAnswer } from '../../port/delivery-store.js';
import type { Holder } from './lanes.js';

/** What the rooms of the broker know of a consumer. */
export interface Consumer extends Holder {
  /** The subscription it belongs to. */
  readonly sub: object;
  /** Leases in its hands. */
  holding: number;
  /** It holds a last attempt, and gets nothing beside it. */
  runsAlone: boolean;
  /** The largest claim it ever made: its window. */
  readonly widest: number;
  /** How many the waiting claim wants. */
  readonly wanted: number;
  /** Ends the waiting claim with what it was given. */
  answer(answer: ClaimAnswer): void;
  /** Ends the waiting claim with nothing. */
  stopWaiting(): void;
  /** Ends the waiting claim because the subscription is no more. */
  fail(error: unknown): void;
}

/** There is nothing for this consumer now: its claim waits. */
export const nothing: ClaimAnswer = Object.freeze({ deliveries: Object.freeze([]), makeRoom: false });

/** A subscription as far as claims wait there. */
export interface Waiting {
  /** Consumers whose claim waits, longest first. */
  readonly waiters: ReadonlySet<Consumer>;
  /** The bell was rung for it and has not been heard yet. */
  rung: boolean;
  /** The first time after `now` at which waiting alone makes something available. */
  nextDue(now: number): number;
  /** What a consumer gets now, or {@link nothing}. */
  take(consumer: Consumer, max: number, now: number): ClaimAnswer;
}
