import type { TopicRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { LogDocument } from '../layout/log-document.js';
import type { PointerDocument } from '../layout/pointer-document.js';
import type { TopicDocument } from '../layout/topic-document.js';
import type { Directory } from './directory.js';

/** So many leases without a sign of life, and no less than a minute: a consumer that is only slow is seen in between. */
const expiryLeases = 3;
const leastMs = 60_000;

/** Clears up behind processes that ended without a word: ephemeral subscriptions that nobody is in, and what topics and subscriptions left that are gone. */
export class Janitor {
  readonly #context: Context;
  readonly #directory: Directory;

  constructor(context: Context, directory: Directory) {
    this.#context = context;
    this.#directory = directory;
  }

  async sweep(ref: TopicRef): Promise<void> {
    const overview = await this.#directory.overview(ref);
    for (const record of overview?.subscriptions ?? []) {
      if (record.ephemeral) await this.#directory.expire(record, Math.max(leastMs, expiryLeases * record.policy.visibilityTimeoutMs));
    }
  }

  /**
   * What was stored while its topic or subscription was being deleted, or was left by a deletion that ended half-way. First what is there, then who there
   * is: whoever has something stored was made before it.
   */
  async sweepRemains(): Promise<void> {
    const { store } = this.#context;
    const look = <T>(work: () => Promise<T>): Promise<T> => store.attempt('look-up of remains', work);
    const subscriptionIds = await look(() => store.collection<PointerDocument>('cw_deliv').distinct('s'));
    const topicIds = await look(() => store.collection<LogDocument>('cw_log').distinct('t'));
    const topics = await look(() => store.collection<TopicDocument>('cw_topics').find({}, { projection: { id: 1, 'subs.id': 1 } }).toArray());
    const there = new Set(topics.flatMap(idsOf));
    for (const subscriptionId of subscriptionIds) if (!there.has(subscriptionId)) await this.#directory.clear({ subscriptionId });
    for (const topicId of topicIds) if (!there.has(topicId)) await this.#directory.clear({ topicId });
  }
}

/** A foreign document may have none. */
function idsOf({ id, subs }: { readonly id: string; readonly subs?: readonly { readonly id: string }[] }): readonly string[] {
  return [id, ...(subs ?? []).map((sub) => sub.id)];
}
