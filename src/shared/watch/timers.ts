import type { CancelTimer, Runtime } from '../../port/runtime.js';

/** Timers that end together. */
export class Timers {
  readonly #runtime: Runtime;
  readonly #running = new Set<CancelTimer>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  at(time: number, work: () => void): CancelTimer {
    const cancel = this.#runtime.at(time, () => {
      this.#running.delete(stop);
      work();
    });
    const stop = (): void => {
      this.#running.delete(stop);
      cancel();
    };
    this.#running.add(stop);
    return stop;
  }

  in(delayMs: number, work: () => void): CancelTimer {
    return this.at(this.#runtime.now() + delayMs, work);
  }

  cancelAll(): void {
    for (const cancel of [...this.#running]) cancel();
  }
}
