import type { CancelTimer, Runtime } from '../port/runtime.js';

/** Waits between attempts at a backend that does not answer: doubling, capped, with full jitter over the upper half. */
export class BackoffTimer {
  readonly #runtime: Runtime;
  readonly #initialMs: number;
  readonly #maxMs: number;
  #failures = 0;
  #cancel: CancelTimer | undefined = undefined;

  constructor(runtime: Runtime, initialMs: number, maxMs: number) {
    this.#runtime = runtime;
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
  }

  get failures(): number {
    return this.#failures;
  }

  get waiting(): boolean {
    return this.#cancel !== undefined;
  }

  /** Runs `work` after the next delay, and not after `latest` (ms since the epoch). */
  retry(work: () => void, latest: number = Infinity): void {
    const base = Math.min(this.#maxMs, this.#initialMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    const delay = Math.ceil(base / 2 + (base / 2) * this.#runtime.random());
    this.#cancel?.();
    this.#cancel = this.#runtime.at(Math.min(latest, this.#runtime.now() + delay), () => {
      this.#cancel = undefined;
      work();
    });
  }

  succeeded(): void {
    this.#failures = 0;
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
