import type { Lease } from './lease.js';

/** The leases of a subscription by deadline, the earliest first. They are linked through themselves. */
export class LeaseList {
  head: Lease | undefined = undefined;
  size = 0;
  #tail: Lease | undefined = undefined;

  /** Nearly always at the tail: only after the visibility timeout was shortened it walks back. */
  add(lease: Lease): void {
    let before = this.#tail;
    while (before !== undefined && before.leaseUntil > lease.leaseUntil) before = before.prev;
    const after = before === undefined ? this.head : before.next;
    lease.prev = before;
    lease.next = after;
    if (before === undefined) this.head = lease;
    else before.next = lease;
    if (after === undefined) this.#tail = lease;
    else after.prev = lease;
    this.size++;
  }

  remove(lease: Lease): void {
    const { prev, next } = lease;
    if (prev === undefined) this.head = next;
    else prev.next = next;
    if (next === undefined) this.#tail = prev;
    else next.prev = prev;
    lease.prev = undefined;
    lease.next = undefined;
    this.size--;
  }

  /** The first deadline after `now`; Infinity when there is none. */
  nextEnd(now: number): number {
    for (let lease = this.head; lease !== undefined; lease = lease.next) if (lease.leaseUntil > now) return lease.leaseUntil;
    return Infinity;
  }

  countExpired(now: number): number {
    let count = 0;
    for (let lease = this.head; lease !== undefined && lease.leaseUntil <= now; lease = lease.next) count++;
    return count;
  }

  *[Symbol.iterator](): Generator<Lease> {
    for (let lease = this.head; lease !== undefined; lease = lease.next) yield lease;
  }
}
