import type { Context } from '../context.js';
import { scheduledIndex } from '../delivery/pointers.js';
import { due, inNobodysHands } from '../inspection/state.js';
import { newShortId, pointerId, pointerIds } from '../layout/ids.js';
import { byPlace, inPlace } from '../layout/place.js';
import type { PointerDocument } from '../layout/pointer-document.js';
import { freeKeys } from '../order/free-keys.js';
import type { SubscriptionRecord, TopicOverview } from '../topics/records.js';

/** The most messages that one round drops. */
const mostDropped = 1_000;
/** Whoever drops a message has it for so long, as a consumer has a lease. */
const takenMs = 60_000;

type Place = Pick<PointerDocument, 'q' | 'ts'>;

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
    const oldest = (await Promise.all(durable.map((record) => this.#oldest(record, most)))).flat().sort(byPlace);
    const seqs = [...new Set(oldest.map(({ q }) => q))].slice(0, most);
    if (seqs.length === 0) return 0;
    const dropped = new Set<number>();
    for (const record of durable) for (const seq of await this.#dropFrom(record, seqs)) dropped.add(seq);
    return dropped.size;
  }

  async #oldest({ id }: SubscriptionRecord, most: number): Promise<readonly Place[]> {
    const { store } = this.#context;
    const options = { projection: { _id: 0, q: 1, ts: 1 }, limit: most, batchSize: most + 1 };
    const pointers = store.collection<PointerDocument>('cw_deliv');
    const [published, fallenDue] = await Promise.all([
      store.attempt('look-up of the oldest messages', () => pointers.find<Place>({ _id: pointerIds(id), sch: { $ne: true }, ...inNobodysHands }, { ...options, sort: { _id: 1 } }).toArray()),
      store.attempt('look-up of the oldest messages', () => pointers.find<Place>({ s: id, $and: [due(store), inNobodysHands] }, { ...options, sort: { ts: 1, q: 1 }, hint: scheduledIndex }).toArray()),
    ]);
    return inPlace(published, fallenDue, most);
  }

  /** Taken first and removed then, so that nobody gets in between and it is known which they were. */
  async #dropFrom(record: SubscriptionRecord, seqs: readonly number[]): Promise<readonly number[]> {
    const { store, report } = this.#context;
    const { id, ref, policy } = record;
    const pointers = store.collection<PointerDocument>('cw_deliv');
    const _id = { $in: seqs.map((seq) => pointerId(id, seq)) };
    const tok = newShortId();
    const before = { at: '$at', tok: '$tok' };
    await store.attempt('drop of the oldest messages', () => pointers.updateMany({ _id, ...inNobodysHands }, [{ $set: { tok: { $literal: tok }, at: { $add: ['$$NOW', takenMs] }, before } }]));
    const fields = { m: 1, q: 1, ts: 1, n: 1, k: 1, before: 1, isDelayed: { $gt: ['$before.at', '$$NOW'] } };
    const taken = await store.attempt('drop of the oldest messages', () => pointers.find<Taken>({ _id, tok }, { projection: fields, batchSize: seqs.length + 1 }).toArray());
    await store.attempt('drop of the oldest messages', () => pointers.deleteMany({ _id, tok }));
    for (const { m, n, before: { tok: lapsed } } of taken.sort(byPlace)) {
      if (lapsed !== undefined) report({ type: 'lease-lapsed', subscription: ref, id: m, deliveryCount: n });
      report({ type: 'dropped', subscription: ref, id: m, reason: 'Overflow', deliveryCount: n });
    }
    // Their keys waited for them.
    const delayed = policy.order === 'none' ? [] : taken.filter(({ isDelayed }) => isDelayed);
    if (delayed.length > 0) await freeKeys(this.#context, record, delayed.flatMap(({ k }) => (policy.order === 'strict' ? [''] : k ?? [])));
    return taken.map(({ q }) => q);
  }
}

interface Taken extends Pick<PointerDocument, 'm' | 'q' | 'ts' | 'n' | 'k'> {
  readonly before: NonNullable<PointerDocument['before']>;
  readonly isDelayed: boolean;
}
