import type { SubscriptionRef } from '../../../port/names.js';
import type { StartPosition, SubscriptionPolicy } from '../../../port/policy.js';
import type { EnsureSubscription, StoredSubscription } from '../../../port/topic-store.js';
import { encodeName } from '../../../keys/encoding.js';
import { ChronowError } from '../../../errors.js';
import type { Argument } from '../connection/connection.js';
import type { Reply } from '../connection/reply.js';
import { asList, asText } from '../connection/reply.js';
import type { Script } from '../connection/script.js';
import type { Context } from '../context.js';
import { differing, patchedPolicy } from '../../common/policy-patch.js';
import type { ConvertOrder, PolicyChanged, SubscriptionRecord, TopicRecord } from './records.js';
import { checkOrder, policyConflict, topicNotFound } from './refusals.js';
import { recordText } from './subscription-record.js';
import { deleteSubscriptionScript, putSubscriptionScript, reviveScript } from './subscription-scripts.js';
import type { TopicCatalog } from './topic-catalog.js';
import { subscriptionKeyList } from './topic-catalog.js';

const attempts = 50;

/** Subscriptions as they are stored: the record in shard 0 decides, the other shards follow it by its version. */
export class SubscriptionCatalog {
  readonly #context: Context;
  readonly #topics: TopicCatalog;
  readonly #convertOrder: ConvertOrder;
  readonly #changed: PolicyChanged;

  constructor(context: Context, topics: TopicCatalog, convertOrder: ConvertOrder, changed: PolicyChanged) {
    this.#context = context;
    this.#topics = topics;
    this.#convertOrder = convertOrder;
    this.#changed = changed;
  }

  /** A subscription, fresh. */
  async find(ref: SubscriptionRef): Promise<SubscriptionRecord | undefined> {
    const overview = await this.#topics.overview(ref);
    return overview?.subscriptions.find((one) => one.ref.subscription === ref.subscription);
  }

  /** Finds a subscription and patches its policy, or makes it. Whoever comes second starts over from what the first one stored. */
  async ensure(request: EnsureSubscription): Promise<StoredSubscription> {
    const ref = request.subscription;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const overview = await this.#topics.overview(ref);
      if (overview === undefined) throw topicNotFound(ref);
      const found = overview.subscriptions.find((one) => one.ref.subscription === ref.subscription);
      const wanted = this.#wanted(request, overview.topic, found);
      if (wanted === found) return stored(wanted, false);
      const outcome = await this.#put(wanted, 0, found === undefined ? '0' : String(found.version), startId(request.startFrom));
      if (outcome !== 'done') continue;
      await this.#follow(wanted, startId(request.startFrom));
      await this.#reorder(wanted, found?.policy.order ?? 'none');
      if (found === undefined) return stored(wanted, true);
      this.#changed(wanted);
      this.#context.report({ type: 'policy-changed', subscription: ref, before: found.policy, after: wanted.policy, client: request.client });
      return stored(wanted, false);
    }
    throw new ChronowError('LINK_LOST', `subscription "${ref.subscription}" of topic "${ref.topic}" was changed by others ${attempts} times while it was being written; try again.`, { retryable: true });
  }

  /** Makes what shards lack of the subscriptions that shard 0 has: the topic has grown, or somebody stopped half-way. */
  async align(records: readonly SubscriptionRecord[]): Promise<void> {
    for (const record of records) {
      await this.#follow(record, '0');
    }
  }

  /** `mode`: '' always; 'unseen' only an ephemeral one that nobody is in; a time in ms: only an ephemeral one in which nobody was seen for so long. */
  async delete(ref: SubscriptionRef, shardCount: number, mode: '' | 'unseen' | number): Promise<boolean> {
    const deleted = (await this.#run(deleteSubscriptionScript, ref, 0, [ref.subscription, encodeName(ref.subscription), mode])) === 1;
    if (!deleted && mode !== '') return false;
    for (let shard = 1; shard < shardCount; shard++) await this.#run(deleteSubscriptionScript, ref, shard, [ref.subscription, encodeName(ref.subscription), '']);
    return deleted;
  }

  /** Makes groups and companions of a shard again, where the record still exists. */
  async revive(ref: SubscriptionRef, shard: number): Promise<boolean> {
    const record = await this.find(ref);
    if (record === undefined) return false;
    if (shard > 0) await this.#put(record, shard, '*', '0');
    const reply = await this.#run(reviveScript, ref, shard, [ref.subscription, record.group]);
    if (reply === 0) return false;
    const [, groupMade, streamMade, floor] = asList(reply);
    if (groupMade !== 1) return true;
    if (record.policy.order !== 'none') await this.#convertOrder(this.#context, ref, shard, 'none', record.policy.order);
    if (streamMade === 1 || asText(floor) === '') this.#context.report({ type: 'store-lost', subscription: ref, shard, lost: streamMade === 1 ? 'messages' : 'position' });
    return true;
  }

  #wanted(request: EnsureSubscription, topic: TopicRecord, found: SubscriptionRecord | undefined): SubscriptionRecord {
    const ref = request.subscription;
    const policy: SubscriptionPolicy = patchedPolicy(found?.policy ?? request.defaults, request.policy);
    const changed = found === undefined ? [] : differing(found.policy, policy);
    if (found !== undefined && changed.length === 0) return found;
    if (found !== undefined && request.onConflict === 'error') throw policyConflict(ref, changed);
    checkOrder(ref, policy.order, topic.shardCount);
    if (found !== undefined) return { ...found, policy, version: found.version + 1 };
    // A time, so that a subscription that is made again is never taken for the one before it.
    const createdAt = this.#context.runtime.now();
    return { ref, policy, version: createdAt, ephemeral: request.ephemeral, createdAt, group: encodeName(ref.subscription), shardCount: topic.shardCount };
  }

  async #follow(record: SubscriptionRecord, start: string): Promise<void> {
    for (let shard = 1; shard < record.shardCount; shard++) await this.#put(record, shard, '*', start);
  }

  async #reorder(record: SubscriptionRecord, from: SubscriptionPolicy['order']): Promise<void> {
    const to = record.policy.order;
    if (from === to) return;
    for (let shard = 0; shard < record.shardCount; shard++) await this.#convertOrder(this.#context, record.ref, shard, from, to);
  }

  async #put(record: SubscriptionRecord, shard: number, expected: string, start: string): Promise<Reply> {
    const { ref, group, version, createdAt, shardCount } = record;
    const args = [ref.subscription, group, expected, recordText(record), version, createdAt, start, shardCount];
    const { topic, meta, subs } = this.#topics.keys(ref, shard);
    const reply = expected === '0' ? 'keys' : await this.#context.connection.run(putSubscriptionScript, [topic, meta, subs], args);
    return reply === 'keys' ? this.#run(putSubscriptionScript, ref, shard, args) : reply;
  }

  #run(script: Script, ref: SubscriptionRef, shard: number, args: readonly Argument[]): Promise<Reply> {
    const keys = this.#topics.keys(ref, shard);
    return this.#context.connection.run(script, [keys.topic, keys.meta, keys.subs, ...subscriptionKeyList(this.#context, keys, ref.subscription)], args);
  }
}

export function stored({ ref, policy, ephemeral }: SubscriptionRecord, created: boolean): StoredSubscription {
  return { ref, policy, ephemeral, created };
}

/** The id after which a new subscription reads. */
function startId(start: StartPosition): string {
  if (start === 'earliest') return '0';
  if (start === 'latest') return '$';
  return start.from <= 0 ? '0' : `${start.from - 1}-18446744073709551615`;
}
