import { countWaiting } from './counts.js';
import type { TopicState } from './topic.js';

const fillingAt = 0.8;
const calmBelow = 0.7;
const dayMs = 86_400_000;

/** Watches, at every publish, for a topic that fills up and for subscriptions that nobody reads. */
export class Watermarks {
  readonly #topic: TopicState;
  #filling = false;
  #idleCheckAt: number;

  constructor(topic: TopicState, now: number) {
    this.#topic = topic;
    this.#idleCheckAt = now + dayMs;
  }

  look(now: number): void {
    const { held } = this.#topic.log;
    const { maxStreamLen } = this.#topic.limits;
    if (!this.#filling && held >= maxStreamLen * fillingAt && held > 0) this.#fill(maxStreamLen);
    else if (this.#filling && held < maxStreamLen * calmBelow) this.#filling = false;
    if (now >= this.#idleCheckAt) this.#findIdle(now);
  }

  #fill(maxStreamLen: number): void {
    this.#filling = true;
    const { name, unsettled } = this.#topic.fullest();
    this.#topic.outbox.note({ type: 'topic-filling', topic: this.#topic.ref, subscription: name, unsettled, maxStreamLen });
  }

  /** A claim under way is not idle, however long it waits. Each subscription is reported once a day. */
  #findIdle(now: number): void {
    this.#idleCheckAt = now + dayMs;
    for (const sub of this.#topic.durable) {
      if (sub.waiters.size > 0) sub.lastClaimAt = now;
      const idleMs = now - sub.lastClaimAt;
      const quietUntil = Math.max(sub.lastClaimAt, sub.reportedIdleAt) + dayMs;
      if (now < quietUntil) this.#idleCheckAt = Math.min(this.#idleCheckAt, quietUntil);
      else {
        const waiting = countWaiting(sub, now);
        if (waiting === 0) continue;
        sub.reportedIdleAt = now;
        this.#topic.outbox.note({ type: 'subscription-idle', subscription: sub.ref, idleMs, waiting });
      }
    }
  }
}
