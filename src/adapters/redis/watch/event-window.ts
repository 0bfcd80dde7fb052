import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import type { ChangeMessage } from '../keys/change-message.js';

/** How long an event waits for the message that explains it, ms. */
const windowMs = 5;

/**
 * Tells writes of other programs from ours. A write of ours makes both a keyspace event and a message, in either order and over two
 * connections; an event without its message is somebody else's. Where it is mistaken the key is read once more than needed, or, where a message
 * and its event are far apart, found by the next reading.
 */
export class EventWindow {
  readonly #runtime: Runtime;
  readonly #foreign: () => void;
  readonly #unexplained = new Map<string, number>();
  #timer: CancelTimer | undefined = undefined;
  #hasEvents = false;

  constructor(runtime: Runtime, foreign: () => void) {
    this.#runtime = runtime;
    this.#foreign = foreign;
  }

  event(name: string): void {
    if (name !== 'set' && name !== 'del' && name !== 'expire') {
      this.#foreign();
      return;
    }
    this.#hasEvents = true;
    this.#count(name, 1);
  }

  message({ isOwnWrite, isTtl, cause, state }: ChangeMessage): void {
    if (!isOwnWrite) return;
    if (cause === 'delete') this.#count('del', -1);
    else if (!isTtl) this.#count('set', -1);
    if (state.expiresAt !== undefined) this.#count('expire', -1);
  }

  close(): void {
    this.#timer?.();
  }

  #count(name: string, by: number): void {
    this.#unexplained.set(name, (this.#unexplained.get(name) ?? 0) + by);
    this.#timer ??= this.#runtime.at(this.#runtime.now() + windowMs, () => { this.#end(); });
  }

  #end(): void {
    this.#timer = undefined;
    const isForeign = this.#hasEvents && [...this.#unexplained.values()].some((count) => count > 0);
    this.#unexplained.clear();
    this.#hasEvents = false;
    if (isForeign) this.#foreign();
  }
}
