import type { Observable } from 'rxjs';
import type { DeadLetterRecord, Inspection, PeekedMessage, ReadRange, RedriveRequest, TopicStats } from '../../port/inspection.js';
import type { StoredMessage } from '../../port/message.js';
import type { SubscriptionRef, TopicRef } from '../../port/names.js';
import { peekAt, statsOf } from './counts.js';
import type { Directory } from './directory.js';
import { snapshot } from './entry.js';
import type { Entry } from './entry.js';
import type { Gate } from './gate.js';
import type { SubscriptionState } from './subscription.js';
import type { TopicState } from './topic.js';
import { restore } from './restore.js';
import { purge, redeliver, redrive } from './upkeep.js';

/** Looking at topics, and the operator's tools. */
export class Inspector implements Inspection {
  readonly #gate: Gate;
  readonly #directory: Directory;

  constructor(gate: Gate, directory: Directory) {
    this.#gate = gate;
    this.#directory = directory;
  }

  stats(ref: TopicRef): Observable<TopicStats> {
    return this.#atTopic(ref, (topic, now) => ({
      topic: ref.topic,
      length: topic.log.total,
      scheduled: topic.schedule.size,
      subscriptions: [...topic.subscriptions.values()].map((sub) => statsOf(sub, now)),
    }));
  }

  peek(ref: SubscriptionRef, limit: number): Observable<readonly PeekedMessage[]> {
    return this.#atSubscription(ref, (sub, now) => peekAt(sub, limit, now));
  }

  purge(ref: TopicRef): Observable<number> {
    return this.#atTopic(ref, (topic) => {
      const left: Entry[] = [];
      for (const sub of topic.subscriptions.values()) for (const entry of purge(sub)) left.push(entry);
      // What waited and is nobody's now must not come back to a subscription that begins at the earliest.
      for (const entry of left) if (entry.pending === 0) topic.log.remove(entry);
      if (topic.durable.length === 0) topic.log.clear();
      return left.length;
    });
  }

  peekDeadLetters(ref: SubscriptionRef, limit: number): Observable<readonly DeadLetterRecord[]> {
    return this.#atSubscription(ref, (sub) => sub.dead.peek(ref.subscription, limit));
  }

  purgeDeadLetters(ref: SubscriptionRef): Observable<number> {
    return this.#atSubscription(ref, (sub) => sub.dead.clear());
  }

  redrive({ subscription, ids, reason, max }: RedriveRequest): Observable<number> {
    return this.#atSubscription(subscription, (sub) => redrive(sub, ids, reason, max ?? Infinity));
  }

  read({ topic: ref, from, to, after, max }: ReadRange): Observable<readonly StoredMessage[]> {
    return this.#atTopic(ref, ({ log }) => {
      const found: StoredMessage[] = [];
      const last = after === undefined ? undefined : log.placeOf(after);
      const start = last === undefined ? log.seek(from) : Math.max(last + 1, log.seek(from));
      for (let seq = log.nextLive(start); seq < log.next && found.length < max; seq = log.nextLive(seq + 1)) {
        const entry = log.at(seq) as Entry;
        if (entry.publishedAt > to) break;
        found.push(snapshot(entry));
      }
      return found;
    });
  }

  redeliver(ref: SubscriptionRef, ids: readonly string[]): Observable<number> {
    return this.#atSubscription(ref, (sub) => redeliver(sub, ids));
  }

  restore(ref: SubscriptionRef, messages: readonly StoredMessage[]): Observable<void> {
    return this.#atSubscription(ref, (sub) => { restore(sub, messages); });
  }

  #atTopic<T>(ref: TopicRef, work: (topic: TopicState, now: number) => T): Observable<T> {
    return this.#gate.once(() => {
      const topic = this.#directory.get(ref);
      const now = this.#gate.now();
      topic.advance(now);
      topic.trim(now);
      return work(topic, now);
    });
  }

  #atSubscription<T>(ref: SubscriptionRef, work: (sub: SubscriptionState, now: number) => T): Observable<T> {
    return this.#atTopic(ref, (_topic, now) => work(this.#directory.getSubscription(ref), now));
  }
}
