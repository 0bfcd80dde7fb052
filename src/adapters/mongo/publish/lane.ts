import { ChronowError } from '../../../errors.js';
import type { Runtime } from '../../../port/runtime.js';
import type { Part } from '../../common/part.js';

/** What one trip carries at most; a part is never cut. */
const mostMessages = 1_000;
const mostSize = 4_000_000;
/** Trips whose documents are being stored while the next ones are put together. */
const mostUnderWay = 2;

/** A trip that has its place: it stores its documents, however long that takes, and never fails. */
export interface Trip {
  readonly land: () => Promise<void>;
  /** Some subscription keeps an order: the next trip waits, or it could be seen first. */
  readonly isOrdered: boolean;
}

/** Gives parts their place, in the order in which they came. undefined: nothing is left to do. `alone`: comes back when no other trip is under way. */
export type Depart = (parts: readonly Part[], alone: () => Promise<void>) => Promise<Trip | undefined>;

/** The parts that wait for one topic. What comes in one turn of the event loop goes out together; what comes while a trip is placed goes with the next one. */
export class Lane {
  readonly #runtime: Runtime;
  readonly #depart: Depart;
  readonly #underWay: Set<Promise<void>> = new Set();
  readonly #parts: Set<Part> = new Set();
  #queue: Part[] = [];
  #isAwaited = false;

  constructor(runtime: Runtime, depart: Depart) {
    this.#runtime = runtime;
    this.#depart = depart;
  }

  push(part: Part): void {
    this.#queue.push(part);
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    // After all microtasks: callers that the same answer woke publish again before this runs.
    process.nextTick(() => void this.#run());
  }

  close(error: unknown): void {
    for (const part of this.#queue.splice(0)) part.refuse(error);
    for (const part of this.#parts) part.expire(error);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#fewerThan(mostUnderWay);
      const parts = this.#take();
      if (parts.length === 0) continue;
      for (const part of parts) this.#parts.add(part);
      const trip = await this.#place(parts);
      if (trip === undefined) this.#leave(parts);
      else {
        this.#fly(trip, parts);
        if (trip.isOrdered) await this.#fewerThan(1);
      }
    }
    this.#isAwaited = false;
  }

  async #place(parts: readonly Part[]): Promise<Trip | undefined> {
    try {
      return await this.#depart(parts, () => this.#fewerThan(1));
    } catch (error) {
      // Without a place nothing is stored.
      for (const part of parts) if (part.state === 'open') part.refuse(error);
      return undefined;
    }
  }

  #fly({ land }: Trip, parts: readonly Part[]): void {
    const flight: Promise<void> = land().finally(() => {
      this.#underWay.delete(flight);
      this.#leave(parts);
    });
    this.#underWay.add(flight);
  }

  #leave(parts: readonly Part[]): void {
    for (const part of parts) this.#parts.delete(part);
  }

  async #fewerThan(count: number): Promise<void> {
    while (this.#underWay.size >= count) await Promise.race(this.#underWay);
  }

  #take(): readonly Part[] {
    const now = this.#runtime.now();
    const taken: Part[] = [];
    let count = 0;
    let size = 0;
    let end = 0;
    for (const part of this.#queue) {
      if (taken.length > 0 && (count + part.messages.length > mostMessages || size + part.size > mostSize)) break;
      end++;
      if (part.deadline <= now) part.refuse(late());
      else {
        count += part.messages.length;
        size += part.size;
        taken.push(part);
      }
    }
    if (end === this.#queue.length) this.#queue = [];
    else this.#queue.splice(0, end);
    return taken;
  }
}

function late(): ChronowError {
  return new ChronowError('LINK_LOST', 'MongoDB did not answer in time; the publish was not sent, nothing is stored', { retryable: true, details: { reason: 'DEADLINE' } });
}
