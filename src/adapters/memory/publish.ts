import { ChronowError } from '../../errors.js';
import type { OutgoingMessage } from '../../port/message.js';
import type { PublishBatch, PublishReceipt } from '../../port/publisher.js';
import { dueTime } from '../common/due-time.js';
import { idempotencyName } from '../common/idempotency-name.js';
import { scheduledId } from './entry.js';
import { Idempotency } from './idempotency.js';
import type { BatchAnswer, Resends } from './resends.js';
import type { TopicState } from './topic.js';
import { Watermarks } from './watermarks.js';

/** The way into a topic. */
export class Intake {
  readonly topic: TopicState;
  readonly #known: Idempotency = new Idempotency();
  readonly #resends: Resends;
  readonly #watermarks: Watermarks;

  constructor(topic: TopicState, resends: Resends, now: number) {
    this.topic = topic;
    this.#resends = resends;
    this.#watermarks = new Watermarks(topic, now);
  }

  publish(batch: PublishBatch, now: number): readonly PublishReceipt[] {
    const topic = this.topic;
    topic.advance(now);
    const { messages, token } = batch;
    const resent = token === undefined ? undefined : this.#resends.find(topic.number, token);
    if (resent !== undefined) return resent.receipts ?? this.#inARow(resent);
    this.#known.forget(now, topic.limits.idempotencyWindowMs);
    if (topic.log.held + messages.length > topic.limits.maxStreamLen) this.#checkRoom(messages, now);
    const firstSeq = topic.log.next;
    const receipts: PublishReceipt[] = [];
    for (let index = 0; index < messages.length; index++) receipts.push(this.#accept(messages[index] as OutgoingMessage, now));
    const isPlain = topic.log.next - firstSeq === messages.length;
    if (token !== undefined) this.#resends.add(topic.number, token, { firstSeq, count: messages.length, publishedAt: receipts[0]?.publishedAt ?? now, receipts: isPlain ? undefined : receipts });
    topic.trim(now);
    this.#watermarks.look(now);
    topic.announce();
    return receipts;
  }

  #accept(message: OutgoingMessage, now: number): PublishReceipt {
    if (message.idempotencyKey === undefined) return this.#store(message, now);
    const name = idempotencyName(message) as string;
    const first = this.#known.find(name);
    if (first !== undefined) return first;
    const receipt = this.#store(message, now);
    this.#known.remember(name, receipt, now);
    return receipt;
  }

  #store(message: OutgoingMessage, now: number): PublishReceipt {
    const topic = this.topic;
    if (message.delayMs !== undefined || message.deliverAt !== undefined) {
      const dueAt = dueTime(message, now);
      if (dueAt !== undefined) {
        const scheduled = topic.schedule.add(message, dueAt);
        for (const sub of topic.subscriptions.values()) if (sub.waiters.size > 0) topic.bell.expect(dueAt);
        return { id: scheduledId(topic.idPrefix, scheduled.seq), duplicate: false, dueAt, publishedAt: dueAt };
      }
    }
    if (topic.limits.onFull === 'dropOldest') topic.makeRoom();
    const { id, publishedAt } = topic.append(message, now);
    return { id, duplicate: false, dueAt: undefined, publishedAt };
  }

  /** The receipts of messages that were stored one after the other; the log may have lost them since. */
  #inARow({ firstSeq, count, publishedAt }: BatchAnswer): PublishReceipt[] {
    const { idPrefix } = this.topic;
    return Array.from({ length: count }, (_, index) => ({ id: idPrefix + (firstSeq + index), duplicate: false, dueAt: undefined, publishedAt }));
  }

  /** Refuses a batch that would not fit as a whole, before any of it is stored. */
  #checkRoom(messages: readonly OutgoingMessage[], now: number): void {
    const topic = this.topic;
    const { maxStreamLen, onFull } = topic.limits;
    if (onFull === 'dropOldest' || topic.durable.length === 0) return;
    const inBatch = new Set<string>();
    let needed = 0;
    for (const message of messages) {
      const name = idempotencyName(message);
      if (name !== undefined && (inBatch.has(name) || this.#known.find(name) !== undefined)) continue;
      if (name !== undefined) inBatch.add(name);
      if (dueTime(message, now) === undefined) needed++;
    }
    // A topic can be above its bound: by a lower bound, by what fell due or came back. What needs no room is taken all the same.
    if (needed === 0 || topic.log.held + needed <= maxStreamLen) return;
    const { name, unsettled } = topic.fullest();
    throw new ChronowError(
      'TOPIC_FULL',
      `topic "${topic.ref.topic}" holds ${topic.log.held} of at most ${maxStreamLen} unsettled messages, and ${messages.length} more do not fit; most are left by subscription "${name}" (${unsettled}). Let it catch up, delete it, or raise maxStreamLen.`,
      { details: { topic: topic.ref.topic, maxStreamLen, subscription: name, unsettled }, retryable: true },
    );
  }
}
