import type { Observable } from 'rxjs';
import type { DeadLetterRecord, Inspection, PeekedMessage, ReadRange, RedriveRequest, TopicStats } from '../../../port/inspection.js';
import type { StoredMessage } from '../../../port/message.js';
import type { SubscriptionRef, TopicRef } from '../../../port/names.js';
import { once } from '../../common/once.js';
import { subscriptionNotFound, topicNotFound } from '../../common/refusals.js';
import type { Context } from '../context.js';
import type { Retention } from '../publish/retention.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord, TopicOverview } from '../topics/records.js';
import { peekDeadLetters, purgeDeadLetters } from './dead-letters.js';
import { peek } from './peek.js';
import { purge } from './purge.js';
import { read } from './read.js';
import { redeliver } from './redeliver.js';
import { redrive } from './redrive.js';
import { restore } from './restore.js';
import { topicStats } from './stats.js';

/** Looking at topics, and the operator's tools. What is long is read and written in pages, so that no call holds up the server. */
export class Inspector implements Inspection {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #retention: Pick<Retention, 'trim'>;

  constructor(context: Context, directory: Directory, retention: Pick<Retention, 'trim'>) {
    this.#context = context;
    this.#directory = directory;
    this.#retention = retention;
  }

  stats(ref: TopicRef): Observable<TopicStats> {
    return this.#atTopic(ref, (overview) => topicStats(this.#context, overview));
  }

  peek(ref: SubscriptionRef, limit: number): Observable<readonly PeekedMessage[]> {
    return this.#atSubscription(ref, (record) => peek(this.#context, record, limit));
  }

  purge(ref: TopicRef): Observable<number> {
    return this.#atTopic(ref, (overview) => purge(this.#context, overview));
  }

  peekDeadLetters(ref: SubscriptionRef, limit: number): Observable<readonly DeadLetterRecord[]> {
    return this.#atSubscription(ref, (record) => peekDeadLetters(this.#context, record, limit));
  }

  purgeDeadLetters(ref: SubscriptionRef): Observable<number> {
    return this.#atSubscription(ref, (record) => purgeDeadLetters(this.#context, record));
  }

  redrive(request: RedriveRequest): Observable<number> {
    return this.#atSubscription(request.subscription, (record) => redrive(this.#context, record, request));
  }

  read(range: ReadRange): Observable<readonly StoredMessage[]> {
    return this.#atTopic(range.topic, ({ topic }) => read(this.#context, topic, range));
  }

  redeliver(ref: SubscriptionRef, ids: readonly string[]): Observable<number> {
    return this.#atSubscription(ref, (record) => redeliver(this.#context, record, ids));
  }

  restore(ref: SubscriptionRef, messages: readonly StoredMessage[]): Observable<void> {
    return this.#atSubscription(ref, (record) => restore(this.#context, record, messages));
  }

  #atTopic<T>(ref: TopicRef, work: (overview: TopicOverview) => Promise<T>): Observable<T> {
    return once(async () => {
      // What is over is gone, whoever looks first.
      await this.#retention.trim(ref);
      const overview = await this.#directory.overview(ref);
      if (overview === undefined) throw topicNotFound(ref);
      return work(overview);
    });
  }

  #atSubscription<T>(ref: SubscriptionRef, work: (record: SubscriptionRecord) => Promise<T>): Observable<T> {
    return this.#atTopic(ref, async ({ subscriptions }) => {
      const found = subscriptions.find((one) => one.ref.subscription === ref.subscription);
      // Whoever has it made by another process meanwhile waits until it has all it begins with.
      const record = found?.fill === undefined ? found : await this.#directory.subscription(ref);
      if (record === undefined) throw subscriptionNotFound(ref);
      return work(record);
    });
  }
}
