import type { TopicRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import { shardKeys, subscriptionKeys } from '../layout/shard-keys.js';
import type { Directory } from './directory.js';
import type { SubscriptionRecord } from './records.js';
import { forgetConsumersScript } from './subscription-scripts.js';

/** So many leases without a sign of life, and no less than a minute: a consumer that is only slow renews in between. */
const expiryLeases = 3;
const forgetLeases = 10;
const leastMs = 60_000;

/** Clears up behind processes that ended without a word: ephemeral subscriptions that nobody is in, consumers that hold nothing. */
export class Janitor {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #leastMs: number;

  constructor(context: Context, directory: Directory, least: number = leastMs) {
    this.#context = context;
    this.#directory = directory;
    this.#leastMs = least;
  }

  async sweep(ref: TopicRef): Promise<void> {
    const overview = await this.#directory.overview(ref);
    for (const record of overview?.subscriptions ?? []) {
      const { visibilityTimeoutMs } = record.policy;
      if (record.ephemeral && (await this.#directory.expire(record, Math.max(this.#leastMs, expiryLeases * visibilityTimeoutMs)))) continue;
      await this.#forgetConsumers(record, Math.max(this.#leastMs, forgetLeases * visibilityTimeoutMs));
    }
  }

  async #forgetConsumers({ ref, group, shardCount }: SubscriptionRecord, ms: number): Promise<void> {
    for (let shard = 0; shard < shardCount; shard++) {
      const own = shardKeys(this.#context.keys, ref, shard);
      const { retry, solo, seen } = subscriptionKeys(this.#context.keys, own, ref.subscription);
      await this.#context.connection.run(forgetConsumersScript, [own.topic, retry, solo, seen], [group, ms]);
    }
  }
}
