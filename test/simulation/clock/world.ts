import type { CancelTimer } from '../../../src/port/runtime.js';
import { TimerHeap } from './timer-heap.js';

/** True time, which nobody in the simulation sees: every process has a clock of its own. Begins at 0, in ms. */
export class World {
  readonly #timers = new TimerHeap();
  #soon: (() => void)[] = [];
  #turns: (() => void)[] = [];
  #made = 0;
  #time = 0;
  /** Promises under way: while there are any, the loop gives microtasks a chance after every step. */
  awaited = 0;
  steps = 0;

  get time(): number {
    return this.#time;
  }

  at(time: number, work: () => void): CancelTimer {
    const timer = { time: Math.max(time, this.#time), order: (this.#made += 1), work: work as (() => void) | undefined };
    this.#timers.push(timer);
    return () => { timer.work = undefined; };
  }

  after(ms: number, work: () => void): CancelTimer {
    return this.at(this.#time + ms, work);
  }

  soon(work: () => void): void {
    this.#soon.push(work);
  }

  turn(work: () => void): void {
    this.#turns.push(work);
  }

  /** Goes on, step by step, until `done` says so, nothing is left to do, or true time would pass `end`. */
  async run(end: number, done: () => boolean): Promise<void> {
    await this.#settle();
    while (!done()) {
      const next = this.#timers.top;
      if (next === undefined || next.time > end) return;
      this.#timers.pop();
      const { work } = next;
      if (work === undefined) continue;
      this.steps += 1;
      this.#time = next.time;
      work();
      await this.#settle();
    }
  }

  /** Everything of this instant. Promises are followed by a fixed number of microtask rounds, so every run takes the same way. */
  async #settle(): Promise<void> {
    this.#runSoon();
    while (this.awaited > 0) {
      for (let round = 0; round < 8; round++) await Promise.resolve();
      if (this.#soon.length === 0 && this.#turns.length === 0) return;
      this.#runSoon();
    }
  }

  #runSoon(): void {
    for (;;) {
      while (this.#soon.length > 0) {
        const batch = this.#soon;
        this.#soon = [];
        for (const work of batch) work();
      }
      const turn = this.#turns.shift();
      if (turn === undefined) return;
      turn();
    }
  }
}
