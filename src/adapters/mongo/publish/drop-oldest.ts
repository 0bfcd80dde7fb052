import type { Filter } from 'mongodb';
import type { Context } from '../context.js';
import { newShortId, pointerIds } from '../layout/ids.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord, TopicOverview } from '../topics/records.js';
import { pointerId } from '../layout/ids.js';

/** The most messages that one round drops. */
const mostDropped = 1_000;
/** Whoever drops a message has it for so long, as a consumer has a lease. */
const takenMs = 60_000;

/** Neither leased nor scheduled: it waits, or is delayed. */
const waits: Filter<PointerDocument> = {
  st: { $in: [pointerState.live, pointerState.parked] },
  $expr: { $or: [{ $lte: ['$at', '$$NOW'] }, { $and: [{ $eq: [{ $type: '$tok' }, 'missing'] }, { $not: [{ $and: [{ $eq: ['$sch', true] }, { $eq: ['$n', 0] }] }] }] }] },
};

/** Takes the oldest waiting messages out of all durable subscriptions, because the topic overflows. What is leased stays. */
export class DropOldest {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Answers how many messages left at least one subscription. Events: `dropped`. */
  async drop({ subscriptions }: TopicOverview, excess: number): Promise<number> {
    const durable = subscriptions.filter(({ ephemeral }) => !ephemeral);
    const most = Math.min(excess, mostDropped);
    const oldest = await Promise.all(durable.map((record) => this.#oldest(record, most)));
    const seqs = [...new Set(oldest.flat())].sort((left, right) => left - right).slice(0, most);
    if (seqs.length === 0) return 0;
    const dropped = new Set<number>();
    for (const record of durable) for (const seq of await this.#dropFrom(record, seqs)) dropped.add(seq);
    return dropped.size;
  }

  async #oldest({ id }: SubscriptionRecord, most: number): Promise<readonly number[]> {
    const { store } = this.#context;
    const found = await store.attempt('look-up of the oldest messages', () =>
      store.collection<PointerDocument>('cw_deliv').find({ _id: pointerIds(id), ...waits }, { projection: { _id: 0, q: 1 }, sort: { _id: 1 }, limit: most, batchSize: most + 1 }).toArray());
    return found.map(({ q }) => q);
  }

  /** Taken first and removed then, so that nobody gets in between and it is known which they were. */
  async #dropFrom({ id, ref }: SubscriptionRecord, seqs: readonly number[]): Promise<readonly number[]> {
    const { store, report } = this.#context;
    const pointers = store.collection<PointerDocument>('cw_deliv');
    const _id = { $in: seqs.map((seq) => pointerId(id, seq)) };
    const tok = newShortId();
    await store.attempt('drop of the oldest messages', () => pointers.updateMany({ _id, ...waits }, [{ $set: { tok: { $literal: tok }, at: { $add: ['$$NOW', takenMs] } } }]));
    const taken = await store.attempt('drop of the oldest messages', () => pointers.find({ _id, tok }, { projection: { m: 1, q: 1, n: 1 }, batchSize: seqs.length + 1 }).toArray());
    await store.attempt('drop of the oldest messages', () => pointers.deleteMany({ _id, tok }));
    for (const { m, n } of taken) report({ type: 'dropped', subscription: ref, id: m, reason: 'Overflow', deliveryCount: n });
    return taken.map(({ q }) => q);
  }
}
