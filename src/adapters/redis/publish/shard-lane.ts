import { ChronowError } from '../../../errors.js';
import type { CancelTimer } from '../../../port/runtime.js';
import type { Context } from '../context.js';
import type { Part } from '../../common/part.js';

/** What one call carries at most; a part is never cut. */
const mostMessages = 1_000;
const mostSize = 1_000_000;
/** Sends one call with these parts, under a slot of its own, and comes back when the slot is free again: its outcome is known. */
export type Flight = (slot: number, parts: readonly Part[]) => Promise<void>;

/** The parts that wait for one shard. What comes in one turn of the event loop goes out together. */
export class ShardLane {
  readonly #context: Context;
  readonly #flight: Flight;
  /** Two calls under way: while the server works on one, the next is put together. */
  readonly #free: number[] = [1, 0];
  readonly #underWay: Set<Part> = new Set();
  #queue: Part[] = [];
  #isAwaited = false;
  #cancelTimer: CancelTimer | undefined = undefined;

  constructor(context: Context, flight: Flight) {
    this.#context = context;
    this.#flight = flight;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#underWay.size === 0;
  }

  push(part: Part): void {
    this.#queue.push(part);
    this.#watch(part.deadline);
    if (this.#isAwaited || this.#free.length === 0) return;
    this.#isAwaited = true;
    // After all microtasks: callers that the same answer woke publish again before this runs.
    process.nextTick(() => {
      this.#isAwaited = false;
      this.#send();
    });
  }

  /** Somebody waits again for what is under way. */
  again(deadline: number): void {
    if (this.#underWay.size > 0) this.#watch(deadline);
  }

  close(error: unknown): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const part of this.#queue.splice(0)) part.refuse(error);
    for (const part of this.#underWay) part.expire(error);
  }

  #send(): void {
    while (this.#queue.length > 0) {
      const slot = this.#free.pop();
      if (slot === undefined) return;
      const parts = this.#take();
      for (const part of parts) this.#underWay.add(part);
      const landed = (): void => {
        for (const part of parts) this.#underWay.delete(part);
        this.#free.push(slot);
        this.#send();
      };
      this.#flight(slot, parts).then(landed, (error: unknown) => {
        for (const part of parts) if (part.state === 'open') part.refuse(error);
        landed();
      });
    }
  }

  #take(): readonly Part[] {
    let count = 0;
    let size = 0;
    let end = 0;
    for (const part of this.#queue) {
      if (end > 0 && (count + part.messages.length > mostMessages || size + part.size > mostSize)) break;
      count += part.messages.length;
      size += part.size;
      end++;
    }
    if (end < this.#queue.length) return this.#queue.splice(0, end);
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  /** One timer for all: a timer each would cost more than the rest of a publish. */
  #watch(deadline: number): void {
    if (this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#context.runtime.at(deadline, () => {
      this.#cancelTimer = undefined;
      this.#expire();
    });
  }

  #expire(): void {
    const now = this.#context.runtime.now();
    for (const part of this.#underWay) if (part.deadline <= now) part.expire(late('whether it is stored is unknown'));
    const unsent = this.#queue.filter((part) => part.deadline <= now);
    if (unsent.length > 0) this.#queue = this.#queue.filter((part) => part.deadline > now);
    for (const part of unsent) part.refuse(late('it was not sent, nothing is stored'));
    let next = Infinity;
    for (const part of [...this.#underWay, ...this.#queue]) if (part.state === 'open') next = Math.min(next, part.deadline);
    if (next < Infinity) this.#watch(next);
  }
}

function late(consequence: string): ChronowError {
  return new ChronowError('LINK_LOST', `Redis did not answer a publish in time; ${consequence}`, { retryable: true, details: { reason: 'DEADLINE' } });
}
