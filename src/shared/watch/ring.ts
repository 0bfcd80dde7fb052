import type { Runtime } from '../../port/runtime.js';

/** An observer that answers each value with another set would never let go: after so much at a stretch it goes on in the next turn. */
const worksPerTurn = 4_096;

/** Work in one order: what is put in while something runs waits until that is over. */
export class Ring {
  readonly #runtime: Runtime;
  #queue: (() => void)[] = [];
  #ringing = false;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Runs `work` at once; what is put in meanwhile runs after it. */
  hold(work: () => void): void {
    if (this.#ringing) {
      work();
      return;
    }
    this.#ringing = true;
    try {
      work();
    } finally {
      this.#drain();
    }
  }

  /** Runs `work` after what was put in before. */
  push(work: () => void): void {
    this.#queue.push(work);
    if (this.#ringing) return;
    this.#ringing = true;
    this.#drain();
  }

  #drain(): void {
    let left = worksPerTurn;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const next of batch) next();
      left -= batch.length;
      if (left <= 0 && this.#queue.length > 0) {
        this.#runtime.turn(() => { this.#drain(); });
        return;
      }
    }
    this.#ringing = false;
  }
}
