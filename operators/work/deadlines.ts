import type { CancelTimer, Runtime } from '../../src/port/runtime.js';

/**
 * Deadlines that are all equally far away when they are set. A Set keeps the order of entry, so its first item is
 * always due first: one timer for the head is enough, and leaving costs no timer at all.
 */
export class Deadlines<Item> {
  readonly #runtime: Runtime;
  readonly #durationMs: number;
  readonly #due: (item: Item) => void;
  readonly #items = new Map<Item, number>();
  #cancel: CancelTimer | undefined = undefined;

  constructor(runtime: Runtime, durationMs: number, due: (item: Item) => void) {
    this.#runtime = runtime;
    this.#durationMs = durationMs;
    this.#due = due;
  }

  add(item: Item): void {
    this.#items.set(item, this.#runtime.now() + this.#durationMs);
    if (this.#cancel === undefined) this.#arm();
  }

  remove(item: Item): void {
    if (this.#items.delete(item) && this.#items.size === 0) this.#disarm();
  }

  #arm(): void {
    for (const deadline of this.#items.values()) {
      this.#cancel = this.#runtime.at(deadline, this.#tick);
      return;
    }
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  readonly #tick = (): void => {
    this.#cancel = undefined;
    const now = this.#runtime.now();
    for (const [item, deadline] of this.#items) {
      if (deadline > now) break;
      this.#items.delete(item);
      this.#due(item);
    }
    if (this.#cancel === undefined) this.#arm();
  };
}
