import type { Document } from 'mongodb';
import type { Context } from '../context.js';
import type { TopicDocument } from '../layout/topic-document.js';
import type { SubscriptionRecord } from './records.js';

/** Who is in an ephemeral subscription: it ends with its last consumer. */
export class Presence {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** false: the subscription is gone. */
  seen(record: SubscriptionRecord, consumerId: string): Promise<boolean> {
    return this.#change(record, { $concatArrays: [others(consumerId), [{ c: { $literal: consumerId }, at: '$$NOW' }]] });
  }

  async left(record: SubscriptionRecord, consumerId: string): Promise<void> {
    await this.#change(record, others(consumerId));
  }

  async #change({ id, ref }: SubscriptionRecord, consumers: Document): Promise<boolean> {
    const { store, keys } = this.#context;
    const changed = { $cond: [{ $eq: ['$$sub.id', { $literal: id }] }, { $mergeObjects: ['$$sub', { in: consumers }] }, '$$sub'] };
    const update = [{ $set: { subs: { $map: { input: '$subs', as: 'sub', in: changed } } } }];
    const { matchedCount } = await store.attempt('heartbeat of a consumer', () => store.collection<TopicDocument>('cw_topics').updateOne({ _id: keys.topicKey(ref), 'subs.id': id }, update));
    return matchedCount === 1;
  }
}

function others(consumerId: string): Document {
  return { $filter: { input: { $ifNull: ['$$sub.in', []] }, as: 'other', cond: { $ne: ['$$other.c', { $literal: consumerId }] } } };
}
