import type { ConsumerLink } from '../port/delivery-store.js';
import type { SettleDeviation } from '../port/lease.js';
import type { CancelTimer, Runtime } from '../port/runtime.js';
import { BackoffTimer } from './backoff-timer.js';
import type { LeaseCell, SettleResult } from './lease-cell.js';

/** What the queue needs of its consumer. */
export interface SettleQueueOwner {
  readonly runtime: Runtime;
  readonly link: ConsumerLink;
  /** How long a settlement waits for others, ms; 0: until the end of the turn. */
  readonly settleLingerMs: number;
  /** Whether waiting for more settlements is pointless: the window is full, or nothing else runs. */
  readonly settleNow: boolean;
  /** The cell's place in the window is free again. */
  freed(cell: LeaseCell): void;
  settleFailed(count: number, error: unknown): void;
  /** A settlement found its lease gone, or its answer was not seen in time. */
  settlementLost(cell: LeaseCell, reason: 'taken' | 'unknown'): void;
  /** Something moved: run the pump. */
  wake(): void;
}

/**
 * Settlements on their way to the backend. They are commands: queued by the turn, sent in one call, one call in flight,
 * and nobody's unsubscribing cancels them. A call that fails is repeated, under the same tokens, until the leases end;
 * after that the outcome is unknown and said to be so.
 */
export class SettleQueue {
  readonly #owner: SettleQueueOwner;
  readonly #backoff: BackoffTimer;
  #queue: LeaseCell[] = [];
  #unconfirmed = 0;
  #inFlight = false;
  #linger: CancelTimer | undefined = undefined;
  #lingerOver = false;

  constructor(owner: SettleQueueOwner) {
    this.#owner = owner;
    // Several attempts must fit into one lease, however short.
    this.#backoff = new BackoffTimer(owner.runtime, 50, Math.min(1_000, Math.ceil(owner.link.policy.visibilityTimeoutMs / 10)));
  }

  /** Settlements that were queued and not yet confirmed. */
  get unconfirmed(): number {
    return this.#unconfirmed;
  }

  push(cell: LeaseCell): void {
    this.#unconfirmed += 1;
    this.#queue.push(cell);
  }

  /** Sends what is queued, if now is the time. */
  flush(): void {
    if (this.#queue.length === 0 || this.#inFlight || this.#backoff.waiting) return;
    if (this.#mayLinger()) return;
    const batch = this.#queue;
    this.#queue = [];
    this.#send(batch);
  }

  #mayLinger(): boolean {
    const { settleLingerMs, settleNow, runtime } = this.#owner;
    if (settleLingerMs === 0 || settleNow || this.#lingerOver || this.#queue.length >= SettleQueue.batch) return false;
    this.#linger ??= runtime.at(runtime.now() + settleLingerMs, () => {
      this.#linger = undefined;
      this.#lingerOver = true;
      this.#owner.wake();
    });
    return true;
  }

  /** So many queued settlements go out without waiting for more. */
  static readonly batch: number = 100;

  #send(batch: LeaseCell[]): void {
    this.#inFlight = true;
    this.#lingerOver = false;
    this.#linger?.();
    this.#linger = undefined;
    let answered = false;
    this.#owner.link.settle(batch).subscribe({
      next: (deviations) => {
        answered = true;
        this.#inFlight = false;
        this.#backoff.succeeded();
        this.#confirm(batch, deviations);
        this.#owner.wake();
      },
      error: (error: unknown) => {
        if (answered) return;
        this.#inFlight = false;
        this.#resend(batch, error);
      },
    });
  }

  #confirm(batch: readonly LeaseCell[], deviations: readonly SettleDeviation[]): void {
    if (deviations.length === 0) {
      for (const cell of batch) this.#end(cell, 'settled');
      return;
    }
    const failed: LeaseCell[] = [];
    let failure: unknown;
    let at = 0;
    const sorted = [...deviations].sort((a, b) => a.index - b.index);
    batch.forEach((cell, index) => {
      const deviation = sorted[at]?.index === index ? sorted[at++] : undefined;
      if (deviation === undefined) {
        this.#end(cell, 'settled');
      } else if (deviation.result === 'failed') {
        failure = deviation.error;
        failed.push(cell);
      } else {
        this.#end(cell, deviation.result === 'lost' ? 'taken' : deviation.result);
      }
    });
    if (failed.length > 0) this.#resend(failed, failure);
  }

  /** The batch waits for its backoff outside the queue: the pump drains that one without end. */
  #resend(batch: readonly LeaseCell[], error: unknown): void {
    this.#owner.settleFailed(batch.length, error);
    this.#backoff.retry(() => {
      const now = this.#owner.runtime.now();
      const alive: LeaseCell[] = [];
      for (const cell of batch) {
        if (cell.leaseUntil > now) alive.push(cell);
        else this.#end(cell, 'unknown');
      }
      this.#queue = [...alive, ...this.#queue];
      this.#lingerOver = true;
      this.#owner.wake();
    }, earliestEnd(batch));
  }

  #end(cell: LeaseCell, result: SettleResult): void {
    this.#unconfirmed -= 1;
    this.#owner.freed(cell);
    if (result === 'taken' || result === 'unknown') this.#owner.settlementLost(cell, result);
    cell.confirm(result);
  }
}

/** When the first of these leases ends: what it is settled as must not stay open longer. */
function earliestEnd(batch: readonly LeaseCell[]): number {
  let end = Infinity;
  for (const { leaseUntil } of batch) if (leaseUntil < end) end = leaseUntil;
  return end;
}
