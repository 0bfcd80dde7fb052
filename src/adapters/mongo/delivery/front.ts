import type { Runtime } from '../../../port/runtime.js';
import type { Candidate } from './candidate.js';
import type { Deal } from './dealing.js';
import type { Pointers } from './pointers.js';

/** After so long it is looked from the beginning: what another process gave back, or stored late, lies before the front, ms. */
const longestMs = 1_000;

/**
 * Where claims go on while more waits than one takes. What was taken leaves its place in the index behind for a while, and each look from the beginning
 * goes over all these places again.
 */
export class Front {
  readonly #pointers: Pointers;
  readonly #runtime: Runtime;
  #from: Date | undefined = undefined;
  #limit = 0;
  #lookedAt = -Infinity;

  constructor(pointers: Pointers, runtime: Runtime) {
    this.#pointers = pointers;
    this.#runtime = runtime;
  }

  /** What may be taken now, by time and place. */
  async ready(limit: number): Promise<readonly Candidate[]> {
    const now = this.#runtime.now();
    const from = now - this.#lookedAt < longestMs ? this.#from : undefined;
    this.#from = undefined;
    this.#limit = limit;
    const found = from === undefined ? [] : await this.#pointers.ready(limit, { from });
    if (found.length === limit) return found;
    this.#lookedAt = now;
    return this.#pointers.ready(limit);
  }

  /** What was found is dealt. Where all of it goes, the next look begins there. */
  passed(found: readonly Candidate[], { grants, foreign, leftAlone }: Deal): void {
    const isGone = leftAlone === 0 && grants.length + foreign.length === found.length;
    if (isGone && found.length >= this.#limit) this.#from = found.at(-1)?.at;
  }

  /** Something came back. */
  reset(): void {
    this.#lookedAt = -Infinity;
  }
}
