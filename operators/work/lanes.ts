import type { SettleAction } from '../../src/port/lease.js';
import { Fifo } from '../../src/subscription/fifo.js';

/** What stands in a lane. */
export interface LaneMember {
  /** Hands the delivery back unused. */
  giveBack(): void;
}

/** The messages of one key on their way through an operator: one works, the others wait in order. */
interface Lane<Member> {
  head: Member;
  readonly waiting: Fifo<Member>;
  /** The head goes back to the backend: what comes behind it must go back too, and nothing of the key may start. */
  yielding: boolean;
}

/**
 * Serial per key, parallel across keys. A key is free only when the settlement of its head is confirmed: freed earlier,
 * a successor could run before a predecessor that turns out to be delivered again.
 */
export class Lanes<Member extends LaneMember> {
  readonly #lanes = new Map<string, Lane<Member>>();

  /** True when the job may start now; false when it waits, or was given back. */
  enter(key: string, job: Member): boolean {
    const lane = this.#lanes.get(key);
    if (lane === undefined) {
      this.#lanes.set(key, { head: job, waiting: new Fifo(), yielding: false });
      return true;
    }
    if (lane.yielding) job.giveBack();
    else lane.waiting.push(job);
    return false;
  }

  /** A settlement of `job` is about to be sent. */
  settling(key: string, job: Member, action: SettleAction): void {
    const lane = this.#lanes.get(key);
    if (lane?.head !== job || action === 'ack' || action === 'dead-letter') return;
    lane.yielding = true;
    for (const behind of lane.waiting.drain()) behind.giveBack();
  }

  /** `job` is over; answers the one that may start now. */
  leave(key: string, job: Member): Member | undefined {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return undefined;
    if (lane.head !== job) {
      lane.waiting.remove(job);
      return undefined;
    }
    const next = lane.waiting.shift();
    if (next === undefined) {
      this.#lanes.delete(key);
    } else {
      lane.head = next;
      lane.yielding = false;
    }
    return next;
  }
}
