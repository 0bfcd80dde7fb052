import type { UpdateFilter } from 'mongodb';
import { dayMs, IdleWatch } from '../../common/idle-watch.js';
import type { Context } from '../context.js';
import { besideNow } from '../layout/now-filter.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { IdleDocument, TopicDocument } from '../layout/topic-document.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { mostCounted } from './stats.js';

/** Looks whether anybody reads a subscription. */
class IdleLook {
  readonly #context: Context;
  readonly #idleMs: number;

  constructor(context: Context, idleMs: number) {
    this.#context = context;
    this.#idleMs = idleMs;
  }

  /** What is first in line stays so only where nobody takes anything. */
  async lookAt(record: SubscriptionRecord): Promise<void> {
    const { store, report } = this.#context;
    const waits = { s: record.id, st: pointerState.live, ...besideNow<PointerDocument>(store, 'at', '$lte') };
    const pointers = store.collection<PointerDocument>('cw_deliv');
    const [first] = await store.attempt('look at messages', () => pointers.find(waits, { projection: { at: 1 }, sort: { at: 1, q: 1 }, limit: 1 }).toArray());
    if (first === undefined) return;
    const mark = `${first._id}/${String(first.at.getTime())}`;
    const known = await this.#known(record);
    if (known?.m !== mark) {
      await this.#write(record, {}, { $set: { 'subs.$.idle.m': mark }, $currentDate: { 'subs.$.idle.at': true } });
      return;
    }
    const idleMs = store.clock.now() - known.at.getTime();
    if (idleMs < this.#idleMs) return;
    // One process in each time tells.
    const untold = { 'idle.m': mark, 'idle.told': { $not: { $gt: new Date(store.clock.now() - this.#idleMs) } } };
    if (!(await this.#write(record, untold, { $currentDate: { 'subs.$.idle.told': true } }))) return;
    const waiting = await store.attempt('count of messages', () => pointers.countDocuments(waits, { hint: 'cw_claim', limit: mostCounted }));
    if (waiting > 0) report({ type: 'subscription-idle', subscription: record.ref, idleMs, waiting });
  }

  async #known({ ref, id }: SubscriptionRecord): Promise<IdleDocument | undefined> {
    const { store, keys } = this.#context;
    const found = await store.attempt('look at a subscription', () => store.collection<TopicDocument>('cw_topics').findOne({ _id: keys.topicKey(ref) }, { projection: { 'subs.id': 1, 'subs.idle': 1 } }));
    return found?.subs.find((sub) => sub.id === id)?.idle;
  }

  async #write({ ref, id }: SubscriptionRecord, condition: object, change: UpdateFilter<TopicDocument>): Promise<boolean> {
    const { store, keys } = this.#context;
    const { matchedCount } = await store.attempt('look at a subscription', () => store.collection<TopicDocument>('cw_topics').updateOne({ _id: keys.topicKey(ref), subs: { $elemMatch: { id, ...condition } } }, change));
    return matchedCount === 1;
  }
}

export function idleWatch(context: Context, directory: Directory, idleMs: number = dayMs): IdleWatch<SubscriptionRecord> {
  const idle = new IdleLook(context, idleMs);
  return new IdleWatch({ runtime: context.runtime, overview: (ref) => directory.overview(ref), lookAt: (record) => idle.lookAt(record) });
}
