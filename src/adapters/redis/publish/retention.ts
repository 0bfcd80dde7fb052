import type { TopicRef } from '../../../port/names.js';
import type { IdleWatch } from '../../common/idle-watch.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Context } from '../context.js';
import { shardKeys } from '../layout/shard-keys.js';
import { idleWatch } from '../inspection/idle-look.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { forgetSlotsScript } from './publish-scripts.js';
import { ShardView } from './shard-view.js';
import { trimScript } from './trim-scripts.js';

/** The most steps of one trim; what is left is for the next one. */
const steps = 200;
/** How often a shard is looked at that is published to, and how much more seldom where little time is kept. */
const oftenMs = 1_000;
const seldomMs = 30_000;
/** No resend of a batch comes this late. */
const slotsMs = 86_400_000;

/** Removes what no subscription needs any more. */
export class Retention {
  readonly #context: Context;
  readonly #view: ShardView;
  readonly #idle: IdleWatch<SubscriptionRecord>;
  readonly #underWay: Map<string, Promise<void>> = new Map();
  readonly #nextAt: Map<string, number> = new Map();

  constructor(context: Context, directory: Directory) {
    this.#context = context;
    this.#view = new ShardView(context, directory);
    this.#idle = idleWatch(context, directory);
  }

  /** Trims one shard of a topic: settled messages beyond its bound and beyond its retention time. Nothing where the topic is unknown. */
  trim(ref: TopicRef, shard: number): Promise<void> {
    const key = this.#context.keys.topicKey(ref, shard);
    const trimming = this.#underWay.get(key) ?? this.#trim(ref, shard).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, trimming);
    return trimming;
  }

  /** Trims now and then: whoever publishes or consumes calls this as often as it likes. */
  touch(ref: TopicRef, shard: number, retentionMs: number): void {
    const key = this.#context.keys.topicKey(ref, shard);
    const now = this.#context.runtime.now();
    if (now < (this.#nextAt.get(key) ?? 0)) return;
    this.#nextAt.set(key, now + Math.min(seldomMs, Math.max(oftenMs, retentionMs / 10)));
    this.#idle.touch(ref);
    // The next turn does what this one could not.
    this.trim(ref, shard).catch(() => undefined);
  }

  /** Removes what clients left that have not published for a day. */
  async forgetSlots(ref: TopicRef, shard: number, ms: number = slotsMs): Promise<void> {
    const { tokens } = shardKeys(this.#context.keys, ref, shard);
    let cursor = '0';
    do cursor = asText(await this.#context.connection.run(forgetSlotsScript, [tokens], [ms, cursor]));
    while (cursor !== '0');
  }

  async #trim(ref: TopicRef, shard: number): Promise<void> {
    const hasMinId = this.#context.connection.probes.minId ? 1 : 0;
    for (let step = 0; step < steps; step++) {
      const looked = await this.#view.run(trimScript, ref, shard, hasMinId);
      if (looked === undefined) return;
      const [isMore, ...missed] = asList(looked.reply);
      for (let at = 0; at + 1 < missed.length; at += 2) {
        const found = looked.subscriptions.find(({ group }) => group === asText(missed[at]));
        if (found !== undefined) this.#context.report({ type: 'gap', subscription: found.ref, missed: asNumber(missed[at + 1]) });
      }
      if (isMore !== 1) return;
    }
  }
}
