import type { Document, Filter } from 'mongodb';
import { ChronowError } from '../../../errors.js';
import type { Scope, TopicRef } from '../../../port/names.js';
import type { LimitsPatch, TopicLimits } from '../../../port/policy.js';
import type { EnsureTopic, StoredTopic } from '../../../port/topic-store.js';
import { patchedLimits } from '../../common/policy-patch.js';
import { checkOrder, shardCountConflict } from '../../common/refusals.js';
import { recordPoke } from '../connection/hints.js';
import { isDuplicateKey } from '../connection/server-error.js';
import type { HotCollection } from '../connection/store.js';
import type { Context } from '../context.js';
import { newShortId } from '../layout/ids.js';
import { documentFormat } from '../layout/message-codec.js';
import type { TopicDocument } from '../layout/topic-document.js';
import type { TopicOverview } from './records.js';
import { limitsDocument, readTopic, refOf } from './topic-record.js';

/** How often a step that met somebody else's change is begun again. */
const attempts = 50;

/** How long removing everything may take. */
const longMs = 120_000;

/** Topics as they are stored: one document each. */
export class TopicCatalog {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  key(ref: TopicRef): string {
    return this.#context.keys.topicKey(ref);
  }

  /** Everything that is stored about a topic, fresh. */
  async overview(ref: TopicRef): Promise<TopicOverview | undefined> {
    const { store } = this.#context;
    const found = await store.attempt('read of a topic', () => store.collection<TopicDocument>('cw_topics').findOne({ _id: this.key(ref) }));
    return found === null ? undefined : readTopic(ref, found);
  }

  async ensure({ topic: ref, limits, defaults }: EnsureTopic): Promise<StoredTopic> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const found = await this.overview(ref);
      if (found === undefined) {
        const made = patchedLimits(defaults, limits);
        if (await this.#create(ref, made, limits.shardCount !== undefined)) return { ref, limits: made, created: true };
        continue;
      }
      const wanted = patchedLimits(found.topic.limits, limits);
      if (await this.#update(found, limits, wanted)) return { ref, limits: wanted, created: false };
    }
    throw contended(`topic "${ref.topic}"`);
  }

  async list({ tenantId, namespace }: Scope): Promise<readonly StoredTopic[]> {
    const { store } = this.#context;
    const prefix = this.key({ tenantId, namespace, topic: '' });
    // Names hold no colon, and a semicolon is what follows it.
    const range = { $gte: prefix, $lt: `${prefix.slice(0, -1)};` };
    const found = await store.attempt('list of topics', () => store.collection<TopicDocument>('cw_topics').find({ _id: range }).toArray());
    return found.map((document) => ({ ref: refOf(document), limits: readTopic(refOf(document), document).topic.limits, created: false }));
  }

  async delete(ref: TopicRef): Promise<boolean> {
    const found = await this.overview(ref);
    if (found === undefined) return false;
    const { store } = this.#context;
    const topics = store.collection<TopicDocument>('cw_topics');
    const { id } = found.topic;
    const own = { _id: this.key(ref), id };
    // First they lose their subscription, and are told so: a document that is gone tells nobody.
    await store.attempt('deletion of a topic', () => topics.updateOne(own, { $set: { subs: [], ...recordPoke(id, newShortId()) } }));
    const deleted = await store.attempt('deletion of a topic', async (attempt) => (await topics.deleteOne(own)).deletedCount === 1 || attempt > 1);
    await this.clear(id, found.subscriptions.map((one) => one.id));
    return deleted;
  }

  /** Removes what a topic that is gone has left. */
  async clear(id: string, subscriptionIds: readonly string[]): Promise<void> {
    const { store } = this.#context;
    const remove = (name: HotCollection, filter: Filter<Document>): Promise<unknown> => store.attempt('deletion of a topic', () => store.collection(name).deleteMany(filter), { deadlineMs: longMs });
    await remove('cw_log', { t: id });
    await remove('cw_deliv', { s: { $in: subscriptionIds } });
    await remove('cw_holds', { s: { $in: subscriptionIds } });
  }

  /** false: somebody else was first. */
  async #create({ tenantId, namespace, topic }: TopicRef, limits: TopicLimits, shardsNamed: boolean): Promise<boolean> {
    const { store } = this.#context;
    const id = newShortId();
    const fields = { f: documentFormat, tn: tenantId, ns: namespace, name: topic, id, limits: limitsDocument(limits), nm: shardsNamed, seq: 0, room: 0, took: 0, subs: [] };
    const made = { $mergeObjects: [{ $literal: fields }, { _id: '$_id', at: '$$NOW', clk: '$$NOW' }] };
    const isNew = { $eq: [{ $type: '$f' }, 'missing'] };
    const key = this.key({ tenantId, namespace, topic });
    const after = await store.attempt('creation of a topic', async () => {
      try {
        return await store.collection<TopicDocument>('cw_topics').findOneAndUpdate({ _id: key }, [{ $replaceWith: { $cond: [isNew, made, '$$ROOT'] } }], { upsert: true, returnDocument: 'after', projection: { id: 1 } });
      } catch (error) {
        if (isDuplicateKey(error)) return null;
        throw error;
      }
    });
    return after?.id === id;
  }

  /** false: it was changed by somebody else in between. */
  async #update({ topic, subscriptions }: TopicOverview, named: LimitsPatch, wanted: TopicLimits): Promise<boolean> {
    const { shardCount } = named;
    if (shardCount !== undefined) {
      if (topic.shardsNamed && shardCount !== topic.limits.shardCount) throw shardCountConflict(topic.ref, topic.limits.shardCount, shardCount);
      for (const { policy } of subscriptions) checkOrder(topic.ref, policy.order, shardCount);
    }
    const fixes = shardCount !== undefined && !topic.shardsNamed;
    if (!fixes && JSON.stringify(wanted) === JSON.stringify(topic.limits)) return true;
    const { store } = this.#context;
    const unchanged = { _id: this.key(topic.ref), id: topic.id, limits: limitsDocument(topic.limits), nm: topic.shardsNamed };
    const change = { limits: limitsDocument(wanted), nm: topic.shardsNamed || fixes, room: 0 };
    return (await store.attempt('update of a topic', () => store.collection<TopicDocument>('cw_topics').updateOne(unchanged, { $set: change }))).matchedCount === 1;
  }
}

export function contended(what: string): ChronowError {
  return new ChronowError('LINK_LOST', `${what} was changed by others ${attempts} times while it was being written; try again.`, { retryable: true });
}
