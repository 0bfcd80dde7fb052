import type { LeaseStream, RedisLease } from '../lease/lease.js';
import { numberOf } from './streams.js';

/** The leases of one consumer in one shard, by where their entries lie. */
export class Holdings {
  readonly #byStream: readonly Map<string, RedisLease>[] = [new Map(), new Map(), new Map()];

  add(lease: RedisLease): void {
    this.#in(lease.stream).set(lease.entryId, lease);
  }

  /** Whether it was there. */
  remove(lease: RedisLease): boolean {
    return this.#in(lease.stream).delete(lease.entryId);
  }

  find(stream: LeaseStream, entryId: string): RedisLease | undefined {
    return this.#in(stream).get(entryId);
  }

  /** Whether some lease ended by our clock, and nothing was heard of it. */
  isOverdue(now: number): boolean {
    for (const leases of this.#byStream) {
      for (const lease of leases.values()) if (lease.leaseUntil < now) return true;
    }
    return false;
  }

  of(stream: LeaseStream): ReadonlyMap<string, RedisLease> {
    return this.#in(stream);
  }

  #in(stream: LeaseStream): Map<string, RedisLease> {
    return this.#byStream[numberOf(stream) - 1] ?? new Map<string, RedisLease>();
  }
}
