import type { Observer, Subscription } from 'rxjs';
import type { SettleAction } from '../../src/port/lease.js';
import type { Delivery } from '../../src/subscription/delivery.js';
import type { Custodian, LeaseCell, LostReason, SettleResult, SettleWaiter } from '../../src/subscription/lease-cell.js';
import type { FailureFate } from '../../src/subscription/outcome.js';
import type { LaneMember } from './lanes.js';

/** Where a job reports. */
export interface JobRun<T, R> {
  workCompleted(job: Job<T, R>): void;
  workFailed(job: Job<T, R>, error: unknown): void;
  ackAnswered(job: Job<T, R>, result: SettleResult): void;
  leaseLost(job: Job<T, R>, reason: LostReason): void;
  leaseLimit(job: Job<T, R>): void;
  revoke(job: Job<T, R>): void;
  jobSettling(job: Job<T, R>, action: SettleAction): void;
  /** The settlement is confirmed: slot and key are free. */
  jobOver(job: Job<T, R>): void;
}

/**
 * - `queued`: taken, not started.
 * - `running`: the work runs.
 * - `overtime`: it was told to stop, but its promise has not ended; lease and slot are kept so that no two owners overlap.
 * - `orphaned`: the lease is gone, but its promise has not ended; only the slot is kept.
 * - `failed`: shown downstream, to be settled there.
 * - `settling`: the settlement is on its way.
 */
export type JobPhase = 'queued' | 'running' | 'overtime' | 'orphaned' | 'failed' | 'settling' | 'over';

/** One delivery in the hands of an operator: custodian of its lease, observer of its work. */
export class Job<T, R> implements Custodian, SettleWaiter, LaneMember, Observer<R> {
  readonly renews: boolean = true;
  readonly yields: boolean = false;
  readonly handSettles: boolean = false;
  phase: JobPhase = 'queued';
  value: R | undefined = undefined;
  empty: boolean = true;
  inner: Subscription | undefined = undefined;
  /** The work is a promise: it cannot be cancelled, only asked. */
  promised: boolean = false;
  /** What is said if the work fails in overtime. */
  overtimeError: unknown = undefined;
  /** Present once it was shown as failed. */
  fate: FailureFate | undefined = undefined;
  /** What it failed with. */
  failure: unknown = undefined;
  /** It counts against the concurrency. */
  holdsSlot: boolean = false;
  lane: string | undefined = undefined;
  /** Position in the run's list of live jobs. */
  place: number = -1;
  readonly cell: LeaseCell;
  readonly delivery: Delivery<T>;
  readonly index: number;
  readonly #run: JobRun<T, R>;

  constructor(run: JobRun<T, R>, cell: LeaseCell, delivery: Delivery<T>, index: number) {
    this.#run = run;
    this.cell = cell;
    this.delivery = delivery;
    this.index = index;
  }

  // -- observer of the work ------------------------------------------------------------------------------------------

  next(value: R): void {
    this.value = value;
    this.empty = false;
  }

  error(error: unknown): void {
    this.#run.workFailed(this, error);
  }

  complete(): void {
    this.#run.workCompleted(this);
  }

  // -- custodian of the lease ----------------------------------------------------------------------------------------

  lost(_cell: LeaseCell, reason: LostReason): void {
    this.#run.leaseLost(this, reason);
  }

  leaseLimit(): void {
    this.#run.leaseLimit(this);
  }

  revoke(_cell: LeaseCell, what: 'unstarted' | 'running'): void {
    if (what === 'running' || this.phase === 'queued') this.#run.revoke(this);
  }

  settling(_cell: LeaseCell, action: SettleAction): void {
    this.#run.jobSettling(this, action);
  }

  ended(): void {
    this.#run.jobOver(this);
  }

  // -- member of a lane ----------------------------------------------------------------------------------------------

  get id(): string {
    return this.cell.claimed.message.id;
  }

  get claimNumber(): number {
    return this.cell.claimNumber;
  }

  get isHeld(): boolean {
    return this.cell.state !== 'lost' && this.cell.owner.runtime.now() < this.cell.leaseUntil;
  }

  get claimsSent(): number {
    return this.cell.owner.claimsSent;
  }

  /** Hands the delivery back unused, once. */
  giveBack(): void {
    if (this.phase === 'settling' || this.phase === 'over') return;
    this.phase = 'settling';
    this.cell.settle('release', undefined);
  }

  // -- the ack's answer ----------------------------------------------------------------------------------------------

  settled(_cell: LeaseCell, result: SettleResult): void {
    this.#run.ackAnswered(this, result);
  }
}
