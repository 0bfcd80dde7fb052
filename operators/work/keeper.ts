import type { Custodian, LeaseCell } from '../../src/subscription/lease-cell.js';

/** A custodian that only keeps leases alive. */
export class Keeper implements Custodian {
  readonly renews: boolean = true;
  readonly yields: boolean;
  readonly handSettles: boolean = false;
  readonly #kept = new Set<LeaseCell>();
  readonly #onGone: () => void;

  /** `yields`: an operator further down may take over. `onGone`: one that was kept was taken over, settled or lost. */
  constructor(options: { readonly yields: boolean; readonly onGone: () => void }) {
    this.yields = options.yields;
    this.#onGone = options.onGone;
  }

  get size(): number {
    return this.#kept.size;
  }

  take(cell: LeaseCell): boolean {
    if (!cell.take(this)) return false;
    this.#kept.add(cell);
    return true;
  }

  has(cell: LeaseCell): boolean {
    return this.#kept.has(cell);
  }

  releaseAll(): void {
    // One that is on its way back already is kept until that is confirmed.
    for (const cell of [...this.#kept]) if (cell.state === 'taken') cell.settle('release', undefined);
  }

  lost(cell: LeaseCell): void {
    this.ended(cell);
  }

  /** Nobody ever took it: that counts as an attempt, or a stage that drops deliveries would see them again for ever. */
  leaseLimit(cell: LeaseCell): void {
    cell.settle('leak', undefined);
  }

  revoke(cell: LeaseCell): void {
    cell.settle('release', undefined);
  }

  settling(): void {
    // Nothing is queued behind a kept delivery.
  }

  ended(cell: LeaseCell): void {
    if (this.#kept.delete(cell)) this.#onGone();
  }
}
