import type { SubscriptionRef, TopicRef } from '../../port/names.js';
import type { Runtime } from '../../port/runtime.js';

export const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** How a backend finds out. What is compared lies in the store, so that it holds over restarts of all processes. */
export interface IdleWatchParts<R extends { readonly ref: SubscriptionRef; readonly ephemeral: boolean }> {
  readonly runtime: Runtime;
  readonly overview: (ref: TopicRef) => Promise<{ readonly subscriptions: readonly R[] } | undefined>;
  /** Reports the subscription if nobody has read it for long. */
  readonly lookAt: (record: R) => Promise<void>;
}

/** Notices subscriptions that nobody reads: they hold back what their topic retains. */
export class IdleWatch<R extends { readonly ref: SubscriptionRef; readonly ephemeral: boolean }> {
  readonly #parts: IdleWatchParts<R>;
  readonly #everyMs: number;
  readonly #nextAt: Map<string, number> = new Map();

  constructor(parts: IdleWatchParts<R>, everyMs: number = hourMs) {
    this.#parts = parts;
    this.#everyMs = everyMs;
  }

  /** Looks at a topic now and then: whoever publishes or consumes calls this as often as it likes. */
  touch(ref: TopicRef): void {
    const key = [ref.tenantId, ref.namespace, ref.topic].join('\n');
    const now = this.#parts.runtime.now();
    if (now < (this.#nextAt.get(key) ?? 0)) return;
    this.#nextAt.set(key, now + this.#everyMs);
    // The next look says what this one could not.
    this.look(ref).catch(() => undefined);
  }

  async look(ref: TopicRef): Promise<void> {
    const subscriptions = (await this.#parts.overview(ref))?.subscriptions ?? [];
    for (const record of subscriptions) if (!record.ephemeral) await this.#parts.lookAt(record);
  }
}
