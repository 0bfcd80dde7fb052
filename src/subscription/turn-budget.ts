import type { Runtime } from '../port/runtime.js';

/** A turn ends after so many messages … */
export const messagesPerTurn = 1_024;
/** … or so many milliseconds, whichever is first. */
export const millisecondsPerTurn = 8;

/**
 * How much of one turn of the event loop a consumer may use. A synchronous backend with synchronous work would
 * otherwise be one endless turn: microtasks and message channels run no timer and no I/O until the backlog is gone.
 */
export class TurnBudget {
  readonly #runtime: Runtime;
  readonly #resume: () => void;
  #left: number = messagesPerTurn;
  #startedAt: number = 0;
  #armed: boolean = false;

  constructor(runtime: Runtime, resume: () => void) {
    this.#runtime = runtime;
    this.#resume = resume;
  }

  /** Counts one message. */
  spend(): void {
    if (!this.#armed) {
      // One callback per turn in which anything happened: it refills the budget and goes on with what was left.
      this.#armed = true;
      this.#startedAt = this.#runtime.now();
      this.#runtime.turn(this.#refill);
    }
    if (this.#left > 0) this.#left -= 1;
    if (this.#left > 0 && this.#runtime.now() - this.#startedAt >= millisecondsPerTurn) this.#left = 0;
  }

  get exhausted(): boolean {
    return this.#left === 0;
  }

  readonly #refill = (): void => {
    const waiting = this.exhausted;
    this.#armed = false;
    this.#left = messagesPerTurn;
    if (waiting) this.#resume();
  };
}
