import type { Scope, SubscriptionRef, TopicRef } from '../../../port/names.js';
import type { LimitsPatch, TopicLimits } from '../../../port/policy.js';
import type { EnsureTopic, StoredTopic } from '../../../port/topic-store.js';
import type { Reply } from '../connection/reply.js';
import { asList, asNumber, asTexts } from '../connection/reply.js';
import type { Context } from '../context.js';
import type { ShardKeys } from '../layout/shard-keys.js';
import { orderKeys, shardKeys, subscriptionKeys } from '../layout/shard-keys.js';
import type { SubscriptionRecord, TopicOverview, TopicRecord } from './records.js';
import { checkOrder, shardCountConflict } from './refusals.js';
import { readSubscription } from './subscription-record.js';
import { readTopic } from './topic-record.js';
import { deleteTopicScript, ensureTopicScript, readTopicScript } from './topic-scripts.js';

/** How often a step that met somebody else's change is begun again. */
const attempts = 20;

/** Topics as they are stored: shard 0 decides, the others follow it. */
export class TopicCatalog {
  readonly #context: Context;
  readonly #seen: Map<string, TopicRecord> = new Map();

  constructor(context: Context) {
    this.#context = context;
  }

  /** The topic as last seen. */
  async cached(ref: TopicRef): Promise<TopicRecord | undefined> {
    return this.#seen.get(this.#context.keys.topicKey(ref)) ?? (await this.overview(ref))?.topic;
  }

  forget(ref: TopicRef): void {
    this.#seen.delete(this.#context.keys.topicKey(ref));
  }

  /** Everything that is stored about a topic in a shard, read in one step. */
  async overview(ref: TopicRef, shard = 0): Promise<TopicOverview | undefined> {
    const keys = this.keys(ref, shard);
    const reply = await this.#context.connection.run(readTopicScript, [keys.meta, keys.subs], []);
    if (reply === null) {
      this.forget(ref);
      return undefined;
    }
    const [meta, subs] = asList(reply);
    const { record, subscriptionsVersion } = readTopic(ref, meta);
    if (shard === 0) this.#seen.set(keys.topic, record);
    return { topic: record, subscriptionsVersion, subscriptions: readSubscriptions(ref, record.shardCount, asTexts(subs)) };
  }

  async ensure({ topic: ref, limits, defaults }: EnsureTopic): Promise<StoredTopic> {
    // Before the topic, so that a topic is never without its place in the list; a name without a topic is not listed.
    await this.#list(ref);
    const { record, created } = await this.#ensureShard(ref, 0, limits, defaults);
    const followers = Array.from({ length: record.shardCount - 1 }, (_, index) => this.#ensureShard(ref, index + 1, record.limits, record.limits));
    await Promise.all(followers);
    if (created) await this.#list(ref);
    this.#seen.set(this.#context.keys.topicKey(ref), record);
    return { ref, limits: record.limits, created };
  }

  async list(scope: Scope): Promise<readonly StoredTopic[]> {
    const names = asTexts(await this.#context.connection.command('smembers', this.#context.keys.scopeKey(scope, 'topics')));
    const found = await Promise.all(names.map((topic) => this.overview({ tenantId: scope.tenantId, namespace: scope.namespace, topic })));
    return found.filter((one) => one !== undefined).map(({ topic }) => stored(topic));
  }

  async delete(ref: TopicRef): Promise<boolean> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const overview = await this.overview(ref);
      if (overview === undefined) return false;
      if (attempt === 0) await this.#unlist(ref);
      const { topic, subscriptions } = overview;
      const replies: Reply[] = [];
      for (let shard = 0; shard < topic.shardCount; shard++) replies.push(await this.#deleteShard(ref, shard, overview.subscriptionsVersion, subscriptions));
      this.forget(ref);
      if (replies[0] !== 'stale') return replies[0] === 1;
    }
    return false;
  }

  keys(ref: TopicRef, shard: number): ShardKeys {
    return shardKeys(this.#context.keys, ref, shard);
  }

  async #ensureShard(ref: TopicRef, shard: number, named: LimitsPatch, defaults: TopicLimits): Promise<{ readonly record: TopicRecord; readonly created: boolean }> {
    const { topic, meta, subs, tokens, idempotency, scheduled, scheduledBody } = this.keys(ref, shard);
    const args = [...limitArguments(named), ...limitArguments(defaults), shard === 0 ? '' : '1'];
    const [outcome, detail] = asList(await this.#context.connection.run(ensureTopicScript, [topic, meta, subs, tokens, ...idempotency, scheduled, scheduledBody], args));
    if (outcome === 'conflict') throw shardCountConflict(ref, asNumber(detail), named.shardCount ?? 0);
    if (outcome === 'strict') checkOrder(ref, 'strict', named.shardCount ?? 0);
    return { record: readTopic(ref, detail).record, created: outcome === 1 };
  }

  /** Each shard has a version of its own of its subscriptions; that of shard 0 guards what was read. */
  async #deleteShard(ref: TopicRef, shard: number, version: number, subscriptions: readonly SubscriptionRecord[]): Promise<Reply> {
    const keys = this.keys(ref, shard);
    const all = [keys.meta, keys.topic, keys.subs, keys.tokens, ...keys.idempotency, keys.scheduled, keys.scheduledBody];
    for (const { ref: { subscription } } of subscriptions) all.push(...subscriptionKeyList(this.#context, keys, subscription));
    const known = shard === 0 ? version : (await this.overview(ref, shard))?.subscriptionsVersion;
    return known === undefined ? 0 : this.#context.connection.run(deleteTopicScript, all, [known]);
  }

  async #list(ref: TopicRef): Promise<void> {
    await this.#context.connection.command('sadd', this.#context.keys.scopeKey(ref, 'topics'), ref.topic);
  }

  async #unlist(ref: TopicRef): Promise<void> {
    await this.#context.connection.command('srem', this.#context.keys.scopeKey(ref, 'topics'), ref.topic);
  }
}

/** All keys that a subscription may have in a shard, in the order that its scripts take them. */
export function subscriptionKeyList(context: Context, shard: ShardKeys, subscription: string): readonly string[] {
  const { retry, solo, delayed, held, dead, deadBody, state, seen, open } = subscriptionKeys(context.keys, shard, subscription);
  const { hold, parked, ready, floor, due, tries, cursor, wake } = orderKeys(context.keys, shard, subscription);
  return [retry, solo, delayed, held, dead, deadBody, state, seen, hold, parked, ready, floor, due, tries, cursor, wake, open];
}

function stored({ ref, limits }: TopicRecord): StoredTopic {
  return { ref, limits, created: false };
}

function limitArguments({ maxStreamLen, onFull, retentionMs, idempotencyWindowMs, shardCount }: LimitsPatch): (string | number)[] {
  return [maxStreamLen ?? '', onFull ?? '', retentionMs ?? '', idempotencyWindowMs ?? '', shardCount ?? ''];
}

function readSubscriptions({ tenantId, namespace, topic }: TopicRef, shardCount: number, flat: readonly string[]): SubscriptionRecord[] {
  const records: SubscriptionRecord[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const subscription = flat[at] ?? '';
    const ref: SubscriptionRef = { tenantId, namespace, topic, subscription };
    if (subscription !== '') records.push(readSubscription(ref, shardCount, flat[at + 1] ?? ''));
  }
  return records;
}
