import type { Runtime } from '../port/runtime.js';

/** A turn ends after so many messages … */
export const messagesPerTurn = 1_024;
/** … or so many milliseconds, whichever is first. */
export const millisecondsPerTurn = 8;
/** Work that turns slow all at once is noticed after at most so many messages. */
const longestStride = 16;

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
  #lookedAt: number = 0;
  /** So many messages until the clock is looked at again: it costs more than the rest of counting. */
  #stride: number = 1;
  #untilLook: number = 1;

  constructor(runtime: Runtime, resume: () => void) {
    this.#runtime = runtime;
    this.#resume = resume;
  }

  /** Counts one message. */
  spend(): void {
    if (!this.#armed) this.#begin();
    if (this.#left > 0) this.#left -= 1;
    this.#untilLook -= 1;
    if (this.#untilLook === 0) this.#look();
  }

  /** One callback per turn in which anything happened: it refills the budget and goes on with what was left. */
  #begin(): void {
    this.#armed = true;
    this.#startedAt = this.#runtime.now();
    this.#lookedAt = this.#startedAt;
    this.#stride = 1;
    this.#untilLook = 1;
    this.#runtime.turn(this.#refill);
  }

  /** Quick messages are counted in strides, slow ones one by one. */
  #look(): void {
    const now = this.#runtime.now();
    if (now - this.#startedAt >= millisecondsPerTurn) this.#left = 0;
    this.#stride = now > this.#lookedAt ? 1 : Math.min(longestStride, this.#stride * 2);
    this.#untilLook = this.#stride;
    this.#lookedAt = now;
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
