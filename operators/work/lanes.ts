import type { SettleAction } from '../../src/port/lease.js';
import { Fifo } from '../../src/subscription/fifo.js';

/** What stands in a lane. */
export interface LaneMember {
  /** The how-manieth claim of its consumer brought it. */
  readonly claimNumber: number;
  /** How many claims its consumer has sent so far. */
  readonly claimsSent: number;
  /** Hands the delivery back unused. */
  giveBack(): void;
}

/** The messages of one key on their way through an operator: one works, the others wait in order. */
interface Lane<Member> {
  head: Member | undefined;
  readonly waiting: Fifo<Member>;
  /** On their way back to the backend: nothing that comes behind them may be worked on before them. */
  returning: Set<Member> | undefined;
  /** Claims up to this one were sent before the last return was confirmed: they may still bring what comes behind it. */
  closedTo: number;
}

/**
 * Serial per key, parallel across keys. A key is free only when the settlement of its head is confirmed: freed earlier,
 * a successor could run before a predecessor that turns out to be delivered again. What is behind a message that comes
 * back is given back too: what waits here, and what a claim under way still brings.
 */
export class Lanes<Member extends LaneMember> {
  readonly #lanes = new Map<string, Lane<Member>>();
  /** Keys whose lanes are closed to some claim, and the last such claim. */
  readonly #closed = new Set<string>();
  #lastClosed = -1;

  /** True when the job may start now; false when it waits, or was given back. */
  enter(key: string, job: Member): boolean {
    if (job.claimNumber > this.#lastClosed && this.#closed.size > 0) this.#openAll();
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = { head: undefined, waiting: new Fifo(), returning: undefined, closedTo: -1 }));
    if (isReturning(lane) || job.claimNumber <= lane.closedTo) {
      job.giveBack();
      return false;
    }
    if (lane.head !== undefined) {
      lane.waiting.push(job);
      return false;
    }
    lane.head = job;
    return true;
  }

  /** A settlement of `job` is about to be sent. */
  settling(key: string, job: Member, action: SettleAction): void {
    if (action !== 'ack' && action !== 'dead-letter') this.comesBack(key, job);
  }

  /** `job` goes back to the backend, or was taken by somebody else: what comes behind it goes back too. */
  comesBack(key: string, job: Member): void {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return;
    (lane.returning ??= new Set()).add(job);
    const back = lane.head === job ? lane.waiting.drain() : lane.waiting.takeFrom(job);
    for (const other of back) if (other !== job) other.giveBack();
  }

  /** `job` is over; answers the one that may start now. */
  leave(key: string, job: Member): Member | undefined {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return undefined;
    if (lane.returning?.delete(job) === true) this.#close(key, lane, job.claimsSent);
    let next: Member | undefined;
    if (lane.head === job) {
      next = lane.waiting.shift();
      lane.head = next;
    }
    if (lane.head === undefined && !isReturning(lane) && lane.closedTo < 0) this.#lanes.delete(key);
    return next;
  }

  #close(key: string, lane: Lane<Member>, claim: number): void {
    lane.closedTo = claim;
    this.#closed.add(key);
    this.#lastClosed = claim;
  }

  /** Claims answer one after the other: a later one has come, so nothing of the earlier ones can come any more. */
  #openAll(): void {
    for (const key of this.#closed) {
      const lane = this.#lanes.get(key);
      if (lane === undefined) continue;
      lane.closedTo = -1;
      if (lane.head === undefined && !isReturning(lane)) this.#lanes.delete(key);
    }
    this.#closed.clear();
  }
}

function isReturning(lane: Lane<unknown>): boolean {
  return lane.returning !== undefined && lane.returning.size > 0;
}
