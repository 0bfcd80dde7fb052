import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { CancelTimer } from '../../../port/runtime.js';
import type { Context } from '../context.js';
import type { SubscriptionRecord } from '../topics/records.js';
import type { Records } from './records.js';

/** A subscription as far as it matters who is in it. */
export interface HeartbeatOwner {
  readonly context: Context;
  readonly records: Records;
  readonly record: SubscriptionRecord;
  readonly policy: SubscriptionPolicy;
  readonly links: ReadonlySet<{ readonly consumerId: string }>;
  deleted(): void;
}

const shortestMs = 1_000;
const longestMs = 10_000;

/** Tells now and then that the consumers of an ephemeral subscription are still there: without them it ends. */
export class Heartbeat {
  readonly #desk: HeartbeatOwner;
  #cancel: CancelTimer | undefined = undefined;
  #isStopped = false;

  constructor(desk: HeartbeatOwner) {
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
