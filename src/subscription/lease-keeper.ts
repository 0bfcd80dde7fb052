import type { ConsumerLink } from '../port/delivery-store.js';
import type { CancelTimer, Runtime } from '../port/runtime.js';
import type { LeaseCell } from './lease-cell.js';

/** What the keeper needs of its consumer. */
export interface LeaseKeeperOwner {
  readonly runtime: Runtime;
  readonly link: ConsumerLink;
  readonly maxLeaseMs: number;
  /** Everything that is unsettled. */
  readonly held: readonly LeaseCell[];
  /** Emitted, and no work was begun on it until its lease was over. */
  leaked(cell: LeaseCell): void;
  /** Held by the user, unrenewed, until its lease was over. */
  lapsed(cell: LeaseCell): void;
  /** The lease is not ours any more. */
  lost(cell: LeaseCell, reason: 'lapsed' | 'taken'): void;
  stalled(cell: LeaseCell, heldMs: number): void;
  renewFailed(count: number, error: unknown): void;
}

/**
 * Renews the leases of work that runs, in one call for all, at a third of their time; and notices those that end. One
 * timer per consumer, never one per message: at a million messages a second a lease is mostly settled long before.
 */
export class LeaseKeeper {
  readonly #owner: LeaseKeeperOwner;
  #cancel: CancelTimer | undefined = undefined;
  #armedFor = Infinity;
  #renewing = false;
  #askedAt = 0;
  #failing = false;

  constructor(owner: LeaseKeeperOwner) {
    this.#owner = owner;
  }

  /** The cell began to be held, or changed hands: look at it in time. */
  watch(cell: LeaseCell): void {
    const time = this.#nextLook(cell);
    if (time < this.#armedFor) this.#arm(time);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Infinity;
  }

  #arm(time: number): void {
    this.#cancel?.();
    this.#armedFor = time;
    this.#cancel = this.#owner.runtime.at(time, this.#tick);
  }

  readonly #tick = (): void => {
    this.#cancel = undefined;
    this.#armedFor = Infinity;
    const now = this.#owner.runtime.now();
    const due: LeaseCell[] = [];
    // A copy: what ends a lease changes the list.
    for (const cell of [...this.#owner.held]) {
      if (this.#endsNow(cell, now)) continue;
      if (this.#renewable(cell) && now >= renewalTime(cell, this.#visibility)) due.push(cell);
    }
    if (due.length > 0 && !this.#renewing) this.#renew(due);
    this.#rearm(now);
  };

  #rearm(now: number): void {
    let next = Infinity;
    // While a renewal is under way or failing, its cells stay due: look again after a tenth of a lease, not at once.
    const pause = now + this.#patience;
    for (const cell of this.#owner.held) {
      const look = this.#nextLook(cell);
      if (look > now) next = Math.min(next, look);
      else next = Math.min(next, pause, this.#end(cell) > now ? this.#end(cell) : pause);
    }
    if (next !== Infinity) this.#arm(next);
  }

  /**
   * When the lease counts as over here: a moment before the backend may hand the message to somebody else, so that no two
   * owners meet, and so that a leak is told before it would pass for a mere lapse.
   */
  #end(cell: LeaseCell): number {
    return cell.leaseUntil - (this.#visibility > 1 ? 1 : 0);
  }

  /** So long a renewal may go unanswered where nothing else was wrong, ms. */
  get #patience(): number {
    return Math.max(1, Math.ceil(this.#visibility / 10));
  }

  get #visibility(): number {
    return this.#owner.link.policy.visibilityTimeoutMs;
  }

  #renewable(cell: LeaseCell): boolean {
    return cell.state === 'buffered' || (cell.state === 'taken' && cell.custodian?.renews === true);
  }

  #nextLook(cell: LeaseCell): number {
    if (cell.state === 'settling') return Infinity;
    if (!this.#renewable(cell)) return this.#end(cell);
    const renewal = renewalTime(cell, this.#visibility);
    return cell.state === 'taken' ? Math.min(renewal, cell.heldSince + this.#owner.maxLeaseMs) : renewal;
  }

  /** Ends what has to end at `now`; true when the cell needs nothing more. */
  #endsNow(cell: LeaseCell, now: number): boolean {
    if (cell.slot < 0 || cell.state === 'settling') return true;
    if (this.#renewable(cell)) {
      if (cell.state === 'taken') {
        const heldMs = now - cell.heldSince;
        if (heldMs >= this.#owner.maxLeaseMs) {
          cell.custodian?.leaseLimit(cell);
          return true;
        }
        if (!cell.stallReported && heldMs >= 3 * this.#visibility) {
          cell.stallReported = true;
          this.#owner.stalled(cell, heldMs);
        }
      }
      // Past the deadline a lease is lost only if a renewal was tried and not answered; after a mere stall, ask first, and hear the answer.
      if (now >= this.#end(cell) && (this.#failing || (this.#renewing && now >= this.#askedAt + this.#patience))) {
        this.#owner.lost(cell, 'lapsed');
        return true;
      }
      return false;
    }
    if (now < this.#end(cell)) return false;
    if (cell.custodian?.handSettles === true) this.#owner.lapsed(cell);
    else this.#owner.leaked(cell);
    return true;
  }

  #renew(cells: readonly LeaseCell[]): void {
    this.#renewing = true;
    this.#askedAt = this.#owner.runtime.now();
    this.#owner.link.renew(cells.map((cell) => cell.token)).subscribe({
      next: ({ leaseUntil, lost }) => {
        this.#renewing = false;
        this.#failing = false;
        for (const cell of cells) cell.leaseUntil = leaseUntil;
        for (const index of lost) {
          const cell = cells[index];
          if (cell !== undefined && this.#renewable(cell)) this.#owner.lost(cell, 'taken');
        }
      },
      error: (error: unknown) => {
        this.#renewing = false;
        this.#failing = true;
        this.#owner.renewFailed(cells.length, error);
      },
    });
  }
}

function renewalTime(cell: LeaseCell, visibilityMs: number): number {
  return cell.leaseUntil - Math.floor((visibilityMs * 2) / 3);
}
