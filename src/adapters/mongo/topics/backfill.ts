import type { Document, Filter } from 'mongodb';
import type { Context } from '../context.js';
import type { LogDocument } from '../layout/log-document.js';
import type { TopicDocument } from '../layout/topic-document.js';
import { projectedPointer } from '../layout/new-pointer.js';
import { besideNow } from '../layout/now-filter.js';
import type { SubscriptionRecord } from './records.js';

/** Only so far back a publish can be that had its sequence numbers and has not stored its messages. */
const underWay = 2_000;
/** When what was missing is looked for again. A publish gives up after 15 s. */
const firstLookMs = 30;
const laterLooksMs: readonly number[] = [500, 5_000, 20_000];

/** Makes pointers to the messages that were there before a subscription. */
export class Backfill {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** What it made before is left alone, so that it may be begun again by somebody else. */
  async run(record: SubscriptionRecord, key: string): Promise<void> {
    const { store } = this.#context;
    if (record.fill === undefined) return;
    if (record.born > 0) {
      const missing = await this.#missing(record);
      // What was purged and is only remembered for its idempotency key has the number 0.
      await this.#fill(record, { q: { $gt: 0, $lte: record.born } });
      await this.#late(record, missing);
    }
    await store.attempt('creation of a subscription', () => store.collection<TopicDocument>('cw_topics').updateOne({ _id: key, 'subs.id': record.id }, { $unset: { 'subs.$.fill': '' } }));
  }

  /** Those that were being published when it was made come a little later. Its maker waits for the first look only. */
  async #late(record: SubscriptionRecord, missing: readonly number[]): Promise<void> {
    if (missing.length === 0) return;
    await this.#pause(firstLookMs);
    const left = await this.#again(record, missing);
    // Whoever publishes so slowly has no answer yet.
    void this.#later(record, left).catch(() => undefined);
  }

  async #later(record: SubscriptionRecord, missing: readonly number[]): Promise<void> {
    let left = missing;
    for (const ms of laterLooksMs) {
      if (left.length === 0) return;
      await this.#pause(ms);
      left = await this.#again(record, left);
    }
  }

  async #again(record: SubscriptionRecord, missing: readonly number[]): Promise<readonly number[]> {
    const present = await this.#present(record.topicId, { q: { $in: missing } });
    const come = missing.filter((seq) => present.has(seq));
    if (come.length > 0) await this.#fill(record, { q: { $in: come } });
    return missing.filter((seq) => !present.has(seq));
  }

  async #missing({ topicId, born }: SubscriptionRecord): Promise<readonly number[]> {
    const first = Math.max(1, born - underWay + 1);
    const present = await this.#present(topicId, { q: { $gte: first, $lte: born } });
    return Array.from({ length: born - first + 1 }, (_, index) => first + index).filter((seq) => !present.has(seq));
  }

  async #present(topicId: string, seqs: Filter<LogDocument>): Promise<ReadonlySet<number>> {
    const { store } = this.#context;
    const found = await store.attempt('creation of a subscription', () =>
      store.collection<LogDocument>('cw_log').find({ t: topicId, ...seqs }, { projection: { _id: 0, q: 1 }, batchSize: underWay + 1 }).toArray());
    return new Set(found.map(({ q }) => q));
  }

  async #fill(record: SubscriptionRecord, seqs: Filter<LogDocument>): Promise<void> {
    const { store } = this.#context;
    const merge = { $merge: { into: 'cw_deliv', on: '_id', whenMatched: 'keepExisting', whenNotMatched: 'insert' } };
    const pipeline: Document[] = [{ $match: { t: record.topicId, ...seqs, ...this.#wanted(record) } }, { $project: projectedPointer(record.id, record.topicId, '$ts') }, merge];
    await store.attempt('creation of a subscription', () => store.collection('cw_log').aggregate(pipeline).toArray(), { deadlineMs: 120_000 });
  }

  /** What is scheduled belongs to everybody who is there when it falls due. */
  #wanted({ fill }: SubscriptionRecord): Filter<LogDocument> {
    const { store } = this.#context;
    const from = fill?.from;
    if (from === undefined || from.getTime() > store.clock.now()) return besideNow<LogDocument>(store, 'ts', '$gt');
    return from.getTime() <= 0 ? {} : { ts: { $gte: from } };
  }

  #pause(ms: number): Promise<void> {
    const { runtime } = this.#context;
    return new Promise((resolve) => { runtime.at(runtime.now() + ms, resolve); });
  }
}
