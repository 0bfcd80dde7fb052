import type { OutgoingMessage } from '../../../src/port/message.js';
import type { TopicRef } from '../../../src/port/names.js';
import type { TopicLimits } from '../../../src/port/policy.js';
import type { PublishReceipt } from '../../../src/port/publisher.js';
import { hasCome, isOverdue, mayHaveCome } from '../span.js';
import type { Now, Span } from '../span.js';
import { Sent } from './sent.js';
import type { SubscriptionModel } from './subscription-model.js';

/** A batch that was stored, for resends. */
export interface StoredBatch {
  readonly token: string;
  readonly messages: readonly OutgoingMessage[];
  readonly receipts: readonly PublishReceipt[];
}

/** The first message of an idempotency key. */
export interface Known {
  readonly receipt: PublishReceipt;
  readonly at: Span;
}

/** What is known of a topic from outside. */
export class TopicModel {
  readonly ref: TopicRef;
  limits: TopicLimits;
  readonly subscriptions: Map<string, SubscriptionModel> = new Map();
  /** Every message that it ever took and that was not cancelled. */
  readonly sent: Map<string, Sent> = new Map();
  /** Those that are not due. */
  readonly scheduled: Set<Sent> = new Set();
  readonly cancelled: Set<string> = new Set();
  readonly known: Map<string, Known> = new Map();
  readonly batches: StoredBatch[] = [];
  #published = 0;

  constructor(ref: TopicRef, limits: TopicLimits) {
    this.ref = ref;
    this.limits = limits;
  }

  /** A message was stored at `now`, to become due at `dueAt`. */
  store(id: string, outgoing: OutgoingMessage, now: Now, dueAt: number | undefined): void {
    this.#published += 1;
    const at = dueAt === undefined ? now : { lo: dueAt, hi: dueAt };
    const sent = new Sent(id, outgoing, this.#published, at, dueAt === undefined ? undefined : now.patienceMs);
    this.sent.set(id, sent);
    if (dueAt !== undefined) this.scheduled.add(sent);
    else for (const sub of this.subscriptions.values()) sub.add(sent, now);
  }

  cancel(sent: Sent): void {
    this.scheduled.delete(sent);
    for (const { fates } of this.subscriptions.values()) fates.delete(sent.id);
    this.sent.delete(sent.id);
    this.cancelled.add(sent.id);
  }

  /** What may be due by now belongs to every subscription from here on. */
  turnDue(now: Now): void {
    for (const sent of this.scheduled) {
      if (!mayHaveCome(sent.at, now)) continue;
      this.scheduled.delete(sent);
      for (const sub of this.subscriptions.values()) sub.add(sent, sent.at);
    }
  }

  /** It is not due yet, or it may not have been moved and nobody has got it. */
  mayBeScheduled(sent: Sent, now: Now): boolean {
    if (this.scheduled.has(sent)) return true;
    return sent.isScheduled && !isOverdue(sent.at, now) && [...this.subscriptions.values()].every(({ fates }) => (fates.get(sent.id)?.count ?? 0) === 0);
  }

  isDue(sent: Sent, now: Now): boolean {
    return !this.scheduled.has(sent) || hasCome(sent.at, now);
  }

  isUnsettled(sent: Sent): boolean {
    for (const { fates } of this.subscriptions.values()) if (fates.get(sent.id)?.isUnsettled === true) return true;
    return false;
  }

  /** Above the bound, what everybody has settled may go. */
  trim(): void {
    if (this.sent.size <= this.limits.maxStreamLen) return;
    for (const sent of this.sent.values()) if (!sent.mayBeRemoved && !this.scheduled.has(sent) && !this.isUnsettled(sent)) sent.mayBeRemoved = true;
  }
}
