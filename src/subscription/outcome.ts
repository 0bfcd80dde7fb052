import type { FailureNote, SettleAction } from '../port/lease.js';
import type { Message } from './delivery.js';
import type { LeaseCell, LostReason, SettleResult, SettleWaiter } from './lease-cell.js';

/** The work completed and the backend confirmed the ack. */
export interface Acked<out T, out R> {
  readonly kind: 'acked';
  readonly delivery: Message<T>;
  /** The last value the work emitted; undefined where it emitted none (`empty` is true then). */
  readonly value: R | undefined;
  readonly empty: boolean;
}

/** The lease was gone before the settlement: somebody else has the message, or will have it. */
export interface Lost<out T> {
  readonly kind: 'lost';
  readonly delivery: Message<T>;
  readonly reason: LostReason;
}

/** The message comes back after `delayMs`, confirmed by the backend. */
export interface Retried<out T> {
  readonly kind: 'retried';
  readonly delivery: Message<T>;
  readonly error: unknown;
  readonly attempt: number;
  /** undefined: by the subscription's stored policy. */
  readonly delayMs: number | undefined;
}

/** The message left the subscription for its dead letters, confirmed by the backend. */
export interface DeadLettered<out T> {
  readonly kind: 'dead-lettered';
  readonly delivery: Message<T>;
  readonly error: unknown;
  readonly reason: string;
  readonly description: string | undefined;
  /** false: the subscription keeps no dead letters (`deadLetterEnabled: false`), the message is gone. */
  readonly stored: boolean;
}

/** What settling operators emit. */
export type Settled = Acked<unknown, unknown> | Failed<unknown> | Lost<unknown> | Retried<unknown> | DeadLettered<unknown>;

/** How a failure is being settled, and by whom; shared by all operators that see the same `Failed`. */
export class FailureFate implements SettleWaiter {
  readonly cell: LeaseCell;
  /** The operator that answers for it; `policy` when none took it in the call that emitted it. */
  owner: string | undefined = undefined;
  action: SettleAction | undefined = undefined;
  delayMs: number | undefined = undefined;
  note: FailureNote | undefined = undefined;
  result: SettleResult | undefined = undefined;
  #listeners: ((result: SettleResult) => void)[] = [];

  constructor(cell: LeaseCell) {
    this.cell = cell;
  }

  /** Takes the failure; false when another operator, or the policy, was first. */
  own(operator: string): boolean {
    if (this.owner !== undefined) return false;
    this.owner = operator;
    return true;
  }

  /** Starts the settlement. */
  settle(action: SettleAction, delayMs: number | undefined, note: FailureNote): void {
    this.action = action;
    this.delayMs = delayMs;
    this.note = note;
    if (!this.cell.settle(action, this, delayMs, note)) this.settled(this.cell, this.cell.lostReason ?? 'unknown');
  }

  settled(_cell: LeaseCell, result: SettleResult): void {
    this.result = result;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(result);
  }

  /** Calls back with the result: now if it is known, else when it is. */
  whenEnded(listener: (result: SettleResult) => void): void {
    if (this.result === undefined) this.#listeners.push(listener);
    else listener(this.result);
  }
}

/**
 * The work failed: it errored, threw, ran out of time or of its longest lease. Not settled yet. Operators behind
 * (`retryWithBackoff`, `toDeadLetter`, `onFailed`) settle it in the same call; where none does, it is retried by the
 * subscription's stored policy.
 */
export class Failed<out T> {
  readonly kind = 'failed' as const;
  readonly delivery: Message<T>;
  readonly error: unknown;
  /** Which delivery of the message this was, by the backend's count. */
  readonly attempt: number;
  /** true: no attempt is left. */
  readonly spent: boolean;
  readonly #fate: FailureFate;

  constructor(delivery: Message<T>, error: unknown, attempt: number, spent: boolean, fate: FailureFate) {
    this.delivery = delivery;
    this.error = error;
    this.attempt = attempt;
    this.spent = spent;
    this.#fate = fate;
  }

  /** For the operators of this package. */
  static fateOf(failed: Failed<unknown>): FailureFate {
    return failed.#fate;
  }
}
