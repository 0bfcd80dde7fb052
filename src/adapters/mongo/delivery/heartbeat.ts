import type { CancelTimer } from '../../../port/runtime.js';
import type { Desk } from './desk.js';

const shortestMs = 1_000;
const longestMs = 10_000;

/** Tells now and then that the consumers of an ephemeral subscription are still there: without them it ends. */
export class Heartbeat {
  readonly #desk: Desk;
  #cancel: CancelTimer | undefined = undefined;
  #isStopped = false;

  constructor(desk: Desk) {
    this.#desk = desk;
    if (desk.record.ephemeral) this.#next();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #next(): void {
    if (this.#isStopped) return;
    const { policy, context: { runtime } } = this.#desk;
    const everyMs = Math.min(longestMs, Math.max(shortestMs, policy.visibilityTimeoutMs / 3));
    this.#cancel = runtime.at(runtime.now() + everyMs, () => { void this.#beat(); });
  }

  async #beat(): Promise<void> {
    const { records, record, links } = this.#desk;
    try {
      const seen = await Promise.all([...links].map(({ consumerId }) => records.seen(record, consumerId)));
      if (!this.#isStopped && seen.includes(false)) this.#desk.deleted();
    } catch {
      // The next one may come through, and a claim says what is wrong.
    }
    this.#next();
  }
}
