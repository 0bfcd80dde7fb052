import type { Claimed, FailureNote, LeaseToken, SettleAction, Settlement } from '../port/lease.js';
import type { SubscriptionRef } from '../port/names.js';
import type { SubscriptionPolicy } from '../port/policy.js';
import type { CoreEvent } from '../port/core-events.js';
import type { Runtime } from '../port/runtime.js';

/**
 * Where a delivery is on its way:
 *
 *     buffered ─→ offered ─→ taken ─→ settling ─→ settled
 *                    └─────────┴─────────┴──────→ lost
 *
 * `buffered`: claimed, not yet emitted. `offered`: emitted; nobody took it. `taken`: an operator answers for it.
 */
export type CellState = 'buffered' | 'offered' | 'taken' | 'settling' | 'settled' | 'lost';

/** Why a lease is no longer ours: it ran out, somebody else has it, or the backend's answer was not seen in time. */
export type LostReason = 'lapsed' | 'taken' | 'unknown';

/** What became of a settlement. `dead-lettered` and `dropped` answer a retry that found the message spent. */
export type SettleResult = 'settled' | 'dead-lettered' | 'dropped' | LostReason;

/** Who answers for a taken delivery. Called by the consumer, never inside the custodian's own call. */
export interface Custodian {
  /** false: the lease is left to run out at its first deadline. */
  readonly renews: boolean;
  /** true: another operator further down may take over. */
  readonly yields: boolean;
  /** true: the user settles by hand (the iterator). */
  readonly handSettles: boolean;
  /** The lease is gone; the cell is `lost` already. */
  lost(cell: LeaseCell, reason: LostReason): void;
  /** The longest time a lease may be renewed is over. */
  leaseLimit(cell: LeaseCell): void;
  /** Give the delivery back: `unstarted` only if work on it has not begun, `running` in any case. */
  revoke(cell: LeaseCell, what: 'unstarted' | 'running'): void;
  /** A settlement is about to be sent. What is queued behind a message that comes back must be given back first. */
  settling(cell: LeaseCell, action: SettleAction): void;
  /** The settlement is confirmed (or known to be lost). */
  ended(cell: LeaseCell): void;
}

/** Who wants to know how a settlement ended. */
export interface SettleWaiter {
  settled(cell: LeaseCell, result: SettleResult): void;
}

/** What a cell needs of its consumer. */
export interface CellOwner {
  readonly subscription: SubscriptionRef;
  readonly consumerName: string;
  readonly policy: SubscriptionPolicy;
  readonly runtime: Runtime;
  /** The most deliveries that may be unsettled at once. */
  readonly window: number;
  /** No further delivery can come before one is settled. */
  readonly windowFull: boolean;
  /** Deliveries of one scope are ordered among each other. */
  readonly orderScope: object;
  /** How many claims were sent so far. */
  readonly claimsSent: number;
  /** Every taken delivery of the consumer is given back. */
  revokeAll(what: 'unstarted' | 'running'): void;
  custodyChanged(cell: LeaseCell): void;
  send(cell: LeaseCell): void;
  /** Tells the backend that a lost lease was given up here, as an attempt, which a lapse is too; `said` once it has answered. */
  farewell(cell: LeaseCell, said: () => void): void;
  report(event: CoreEvent): void;
}

/**
 * The one record of a delivery's fate. Deliveries, and what `mapPayload` makes of them, are views on it: two copies of
 * this state would allow two settlements. It is itself the settlement that goes to the backend, so nothing is copied.
 */
export class LeaseCell implements Settlement {
  state: CellState = 'buffered';
  custodian: Custodian | undefined = undefined;
  waiter: SettleWaiter | undefined = undefined;
  action: SettleAction = 'ack';
  delayMs: number | undefined = undefined;
  failure: FailureNote | undefined = undefined;
  lostReason: LostReason | undefined = undefined;
  /** Position in the consumer's list of held cells. */
  slot: number = -1;
  leaseUntil: number;
  /** When it was claimed: the longest time a lease is renewed counts from there. */
  readonly heldSince: number;
  stallReported: boolean = false;
  readonly claimed: Claimed;
  readonly owner: CellOwner;
  /** The how-manieth claim of its consumer brought it. */
  readonly claimNumber: number;
  #abort: AbortController | undefined = undefined;

  constructor(claimed: Claimed, owner: CellOwner, now: number) {
    this.claimed = claimed;
    this.heldSince = now;
    this.owner = owner;
    this.claimNumber = owner.claimsSent;
    this.leaseUntil = claimed.leaseUntil;
  }

  get token(): LeaseToken {
    return this.claimed.token;
  }

  /** Made on first use: it costs more than all the rest of a delivery. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.state === 'lost') this.#abort.abort(this.lostReason);
    }
    return this.#abort.signal;
  }

  abort(reason: unknown): void {
    // Made where it was not used yet: whoever looks later must see it aborted.
    (this.#abort ??= new AbortController()).abort(reason);
  }

  /** Why it cannot be taken. */
  get refusal(): LostReason {
    return this.lostReason ?? (this.action === 'leak' ? 'lapsed' : 'taken');
  }

  /** Takes custody. False when somebody else has it, or it is settled or lost: then the taker must not touch it. */
  take(custodian: Custodian): boolean {
    if (this.state === 'offered') {
      this.state = 'taken';
    } else if (this.state !== 'taken' || this.custodian?.yields !== true) {
      return false;
    }
    const before = this.custodian;
    this.custodian = custodian;
    before?.ended(this);
    this.owner.custodyChanged(this);
    return true;
  }

  /**
   * Starts a settlement; first one wins. The answer goes to `waiter`. False when it was settled before, or is lost: then
   * nothing happens but a report.
   */
  settle(action: SettleAction, waiter: SettleWaiter | undefined, delayMs?: number, failure?: FailureNote): boolean {
    if (this.state === 'settling' || this.state === 'settled') {
      if (this.action === 'leak') return false;
      this.owner.report({ type: 'settled-twice', subscription: this.owner.subscription, id: this.claimed.message.id, first: this.action, second: action });
      return false;
    }
    if (this.state === 'lost') return false;
    this.custodian?.settling(this, action);
    this.state = 'settling';
    this.action = action;
    this.delayMs = delayMs;
    this.failure = failure;
    this.waiter = waiter;
    this.owner.send(this);
    return true;
  }

  /** The backend answered. */
  confirm(result: SettleResult): void {
    if (result === 'lapsed' || result === 'taken' || result === 'unknown') {
      this.state = 'lost';
      this.lostReason = result;
      this.abort(result);
    } else {
      this.state = 'settled';
    }
    const { waiter, custodian } = this;
    this.waiter = undefined;
    this.custodian = undefined;
    waiter?.settled(this, result);
    custodian?.ended(this);
  }

  /** The lease is gone without a settlement. */
  lose(reason: LostReason): void {
    this.state = 'lost';
    this.lostReason = reason;
    this.abort(reason);
    const { custodian } = this;
    this.custodian = undefined;
    custodian?.lost(this, reason);
  }
}
