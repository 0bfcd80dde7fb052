import type { Runtime } from '../../port/runtime.js';

/** The server's clock beside ours. Deadlines are decided by the server; this is for showing them in the time of this process. */
export class ServerClock {
  readonly #runtime: Runtime;
  #offsetMs = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Server minus ours, ms; 0 before it is known. */
  offsetMs(): number {
    return this.#offsetMs;
  }

  /** The server's time now, as far as it is known (ms since the epoch). */
  now(): number {
    return this.#runtime.now() + this.#offsetMs;
  }

  /** A time of the server, by the clock of this process. */
  toOurs(serverMs: number): number {
    return serverMs - this.#offsetMs;
  }

  /** Takes note of a server's time that was just read in an answer. */
  observe(serverMs: number): void {
    this.#offsetMs = serverMs - this.#runtime.now();
  }
}
