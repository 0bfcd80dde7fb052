import type { PublishReceipt } from '../../port/publisher.js';

interface Known {
  readonly name: string;
  readonly storedAt: number;
  readonly receipt: PublishReceipt;
  next: Known | undefined;
}

/** The idempotency keys of a topic, remembered for a window of time after the first publish. */
export class Idempotency {
  readonly #known: Map<string, Known> = new Map();
  #oldest: Known | undefined = undefined;
  #newest: Known | undefined = undefined;

  get size(): number {
    return this.#known.size;
  }

  /** The receipt of the first message, for a second one within the window. */
  find(name: string): PublishReceipt | undefined {
    return this.#known.get(name)?.receipt;
  }

  remember(name: string, receipt: PublishReceipt, now: number): void {
    const known: Known = { name, storedAt: now, receipt: { ...receipt, duplicate: true }, next: undefined };
    this.#known.set(name, known);
    if (this.#newest === undefined) this.#oldest = known;
    else this.#newest.next = known;
    this.#newest = known;
  }

  /** Forgets what is older than the window. */
  forget(now: number, windowMs: number): void {
    while (this.#oldest !== undefined && this.#oldest.storedAt + windowMs <= now) {
      this.#known.delete(this.#oldest.name);
      this.#oldest = this.#oldest.next;
    }
    if (this.#oldest === undefined) this.#newest = undefined;
  }
}
