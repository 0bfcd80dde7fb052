import type { TopicRef } from '../../../port/names.js';
import type { Reply } from '../connection/reply.js';
import type { Script } from '../connection/script.js';
import type { Context } from '../context.js';
import { orderKeys, shardKeys, subscriptionKeys } from '../layout/shard-keys.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord, TopicOverview } from '../topics/records.js';

const attempts = 10;

interface View {
  readonly keys: readonly string[];
  readonly version: string;
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly args: readonly (string | number)[];
}

/** What a script answered that looks at all subscriptions of a shard, with those that it looked at. */
export interface Looked {
  readonly reply: Reply;
  readonly subscriptions: readonly SubscriptionRecord[];
}

/**
 * Runs the scripts that look at all subscriptions of a shard. Their keys are remembered; the script refuses where subscriptions have come or gone
 * since, and where the group of one is lost, which is made again first.
 */
export class ShardView {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #views: Map<string, View> = new Map();

  constructor(context: Context, directory: Directory) {
    this.#context = context;
    this.#directory = directory;
  }

  /** undefined where the topic is gone. */
  async run(script: Script, ref: TopicRef, shard: number, number: number): Promise<Looked | undefined> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const view = await this.#view(ref, shard);
      if (view === undefined) return undefined;
      const reply = await this.#context.connection.run(script, view.keys, [view.version, number, ...view.args]);
      if (reply === 'gone') return undefined;
      if (reply === 'lost') await this.#revive(view.subscriptions, shard);
      else if (reply !== 'stale') return { reply, subscriptions: view.subscriptions };
      this.#views.delete(this.#context.keys.topicKey(ref, shard));
    }
    return undefined;
  }

  async #view(ref: TopicRef, shard: number): Promise<View | undefined> {
    const key = this.#context.keys.topicKey(ref, shard);
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const overview = await this.#directory.overview(ref, shard);
    if (overview === undefined) return undefined;
    const view = this.#make(ref, shard, overview);
    this.#views.set(key, view);
    return view;
  }

  #make(ref: TopicRef, shard: number, { subscriptions, subscriptionsVersion }: TopicOverview): View {
    const own = shardKeys(this.#context.keys, ref, shard);
    const keys = [own.topic, own.meta, own.subs];
    const args: (string | number)[] = [];
    for (const record of subscriptions) {
      const [kind, named] = this.#keysOf(ref, shard, record);
      keys.push(...named);
      args.push(record.group, kind, named.length);
    }
    return { keys, version: String(subscriptionsVersion), subscriptions, args };
  }

  #keysOf(ref: TopicRef, shard: number, { ref: { subscription }, ephemeral, policy }: SubscriptionRecord): readonly ['n' | 'o' | 'e', readonly string[]] {
    if (ephemeral) return ['e', []];
    const own = shardKeys(this.#context.keys, ref, shard);
    const { retry, solo, delayed, held } = subscriptionKeys(this.#context.keys, own, subscription);
    if (policy.order === 'none') return ['n', [retry, solo, delayed, held]];
    const { floor, parked, due } = orderKeys(this.#context.keys, own, subscription);
    return ['o', [floor, parked, due, retry, solo]];
  }

  async #revive(subscriptions: readonly SubscriptionRecord[], shard: number): Promise<void> {
    for (const { ref, ephemeral } of subscriptions) if (!ephemeral) await this.#directory.revive(ref, shard);
  }
}
