import type { SubscriptionRef } from '../../../port/names.js';
import type { StartPosition, SubscriptionPolicy } from '../../../port/policy.js';
import type { EnsureSubscription, StoredSubscription } from '../../../port/topic-store.js';
import { differing, patchedPolicy } from '../../common/policy-patch.js';
import { checkOrder, policyConflict, topicNotFound } from '../../common/refusals.js';
import { poke, recordPoke } from '../connection/hints.js';
import type { Context } from '../context.js';
import { newShortId } from '../layout/ids.js';
import type { TopicDocument } from '../layout/topic-document.js';
import { Backfill } from './backfill.js';
import type { ConvertOrder, PolicyChanged, SubscriptionRecord, TopicRecord } from './records.js';
import type { TopicCatalog } from './topic-catalog.js';
import { contended } from './topic-catalog.js';
import { policyDocument } from './topic-record.js';

const attempts = 50;
/** Whoever makes a subscription and its pointers has this long before others take it over; and this is how often they look. */
const fillMs = 15_000;
const lookMs = 20;
const longMs = 120_000;

/** Subscriptions as they are stored: within their topic's document, so that a publish reads both in one step. */
export class SubscriptionCatalog {
  readonly #context: Context;
  readonly #topics: TopicCatalog;
  readonly #convertOrder: ConvertOrder;
  readonly #changed: PolicyChanged;
  readonly #backfill: Backfill;

  constructor(context: Context, topics: TopicCatalog, convertOrder: ConvertOrder, changed: PolicyChanged) {
    this.#context = context;
    this.#topics = topics;
    this.#convertOrder = convertOrder;
    this.#changed = changed;
    this.#backfill = new Backfill(context);
  }

  /** A subscription, fresh, with pointers to everything that it begins with. */
  async find(ref: SubscriptionRef): Promise<SubscriptionRecord | undefined> {
    const { runtime, store } = this.#context;
    for (;;) {
      const found = (await this.#topics.overview(ref))?.subscriptions.find((one) => one.ref.subscription === ref.subscription);
      if (found?.fill === undefined) return found;
      // Its maker may have ended half-way.
      if (found.fill.since + fillMs <= store.clock.now()) await this.#backfill.run(found, this.#topics.key(ref));
      else await new Promise<void>((resolve) => { runtime.at(runtime.now() + lookMs, resolve); });
    }
  }

  /** Finds a subscription and patches its policy, or makes it. Whoever comes second starts over from what the first one stored. */
  async ensure(request: EnsureSubscription): Promise<StoredSubscription> {
    const ref = request.subscription;
    const id = newShortId();
    for (let attempt = 0; attempt < attempts; attempt++) {
      const overview = await this.#topics.overview(ref);
      if (overview === undefined) throw topicNotFound(ref);
      const found = overview.subscriptions.find((one) => one.ref.subscription === ref.subscription);
      if (found === undefined) {
        await this.#create(request, overview.topic, id);
        continue;
      }
      if (found.id === id) {
        await this.#backfill.run(found, this.#topics.key(ref));
        return stored(found, true);
      }
      const policy = patchedPolicy(found.policy, request.policy);
      const changed = differing(found.policy, policy);
      if (changed.length > 0 && request.onConflict === 'error') throw policyConflict(ref, changed);
      if (changed.length > 0 && !(await this.#update(found, policy, overview.topic))) continue;
      if (changed.length > 0) await this.#follow(found, policy, request.client);
      await this.find(ref);
      return stored({ ...found, policy }, false);
    }
    throw contended(`subscription "${ref.subscription}" of topic "${ref.topic}"`);
  }

  /** `unseen`: only an ephemeral one that nobody is in; a time in ms: only an ephemeral one in which nobody was seen for so long. */
  async delete(record: SubscriptionRecord, mode: 'always' | 'unseen' | number): Promise<boolean> {
    const { store } = this.#context;
    const topics = store.collection<TopicDocument>('cw_topics');
    const filter = { _id: this.#topics.key(record.ref), subs: { $elemMatch: { id: record.id, ...conditionOf(mode, store.clock.now()) } } };
    const change = { $pull: { subs: { id: record.id } }, $set: { room: 0, ...recordPoke(record.topicId, newShortId()) } };
    const deleted = await store.attempt('deletion of a subscription', async (attempt) => {
      if ((await topics.updateOne(filter, change)).matchedCount === 1) return true;
      // Gone, or kept for its condition.
      return attempt > 1 && (await topics.countDocuments({ _id: filter._id, 'subs.id': record.id })) === 0;
    });
    if (deleted) await this.clear(record.id);
    return deleted;
  }

  /** Removes what a subscription that is gone has left. */
  async clear(id: string): Promise<void> {
    const { store } = this.#context;
    await store.attempt('deletion of a subscription', () => store.collection('cw_deliv').deleteMany({ s: id }), { deadlineMs: longMs });
    await store.attempt('deletion of a subscription', () => store.collection('cw_holds').deleteMany({ s: id }));
  }

  async #create({ subscription: ref, policy: named, defaults, startFrom, ephemeral }: EnsureSubscription, topic: TopicRecord, id: string): Promise<void> {
    const { store } = this.#context;
    const policy = patchedPolicy(defaults, named);
    checkOrder(ref, policy.order, topic.limits.shardCount);
    const own = { $literal: { id, name: ref.subscription, p: policyDocument(policy), v: 1, eph: ephemeral } };
    // Where the topic stands is taken in the same step: everything later comes by its publish, everything earlier is filled in.
    const made = { $mergeObjects: [own, { at: '$$NOW', born: '$seq', fill: { from: { $literal: startDate(startFrom) }, at: '$$NOW' } }] };
    await store.attempt('creation of a subscription', () =>
      store.collection<TopicDocument>('cw_topics').updateOne(
        { _id: this.#topics.key(ref), id: topic.id, 'subs.name': { $ne: ref.subscription } },
        [{ $set: { subs: { $concatArrays: ['$subs', [made]] }, room: 0 } }],
      ));
  }

  /** false: it is another than it was. */
  async #update({ ref, id, version, topicId }: SubscriptionRecord, policy: SubscriptionPolicy, topic: TopicRecord): Promise<boolean> {
    checkOrder(ref, policy.order, topic.limits.shardCount);
    const { store } = this.#context;
    const topics = store.collection<TopicDocument>('cw_topics');
    const _id = this.#topics.key(ref);
    const p = policyDocument(policy);
    return store.attempt('update of a subscription', async (attempt) => {
      const { matchedCount } = await topics.updateOne({ _id, subs: { $elemMatch: { id, v: version } } }, { $set: { 'subs.$.p': p, 'subs.$.v': version + 1, ...recordPoke(topicId, newShortId()) } });
      if (matchedCount === 1) return true;
      return attempt > 1 && (await topics.countDocuments({ _id, subs: { $elemMatch: { id, v: version + 1, p } } })) === 1;
    });
  }

  /** Everything that a new policy brings with it. */
  async #follow(before: SubscriptionRecord, policy: SubscriptionPolicy, client: string): Promise<void> {
    const after = { ...before, policy, version: before.version + 1 };
    this.#changed(after);
    if (before.policy.order !== policy.order) {
      await this.#convertOrder(this.#context, after, before.policy.order, policy.order);
      await this.#wake(after);
    }
    this.#context.report({ type: 'policy-changed', subscription: before.ref, before: before.policy, after: policy, client });
  }

  async #wake({ ref, topicId }: SubscriptionRecord): Promise<void> {
    const { store } = this.#context;
    await store.attempt('update of a subscription', () => store.collection<TopicDocument>('cw_topics').updateOne({ _id: this.#topics.key(ref) }, { $set: poke(topicId, newShortId()) }));
  }
}

export function stored({ ref, policy, ephemeral }: SubscriptionRecord, created: boolean): StoredSubscription {
  return { ref, policy, ephemeral, created };
}

/** From which publish time on; null: nothing that is there. */
function startDate(start: StartPosition): Date | null {
  if (start === 'latest') return null;
  return new Date(start === 'earliest' ? 0 : Math.max(0, start.from));
}

function conditionOf(mode: 'always' | 'unseen' | number, now: number): object {
  if (mode === 'always') return {};
  if (mode === 'unseen') return { eph: true, 'in.0': { $exists: false } };
  const since = new Date(now - mode);
  return { eph: true, at: { $lt: since }, 'in.at': { $not: { $gte: since } } };
}
