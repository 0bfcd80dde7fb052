import { isChronowError } from '../../../errors.js';
import type { Runtime } from '../../../port/runtime.js';
import { backoffDelay } from '../../../retry/backoff.js';
import type { Stop } from './stop.js';

/** What a server answers that is there, but not now. A line that is lost is for the consumer to hear of: it asks again. */
const passing: ReadonlySet<unknown> = new Set(['NOGROUP', 'UNBLOCKED', 'READONLY', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'MOVED', 'ASK', 'BUSY', 'MISCONF', 'NOREPLICAS', 'NOSCRIPT']);

/** What to do about a read that failed: nothing but wait a little, or tell the consumer. */
export class Recovery {
  readonly #runtime: Runtime;
  #failures = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Whether the groups may be gone. */
  static meansLoss(error: unknown): boolean {
    return isChronowError(error, 'LINK_LOST') && (error.details['reason'] === 'NOGROUP' || error.details['reason'] === 'UNBLOCKED');
  }

  static isPassing(error: unknown): boolean {
    return isChronowError(error, 'LINK_LOST') && passing.has(error.details['reason']);
  }

  /** Waits before the next try: longer each time, by chance, and not beyond the stop. */
  async pause(stop: Stop): Promise<void> {
    this.#failures += 1;
    await delay(this.#runtime, backoffDelay({ initialMs: 20, maxMs: 2_000, jitter: 'equal' }, this.#failures, () => this.#runtime.random()), stop);
  }

  worked(): void {
    this.#failures = 0;
  }
}

/** So many ms, or until the stop. */
export function delay(runtime: Runtime, ms: number, stop: Stop): Promise<void> {
  return new Promise((resolve) => {
    const cancel = runtime.at(runtime.now() + ms, () => {
      unwatch();
      resolve();
    });
    const unwatch = stop.then(() => {
      cancel();
      resolve();
    });
  });
}
