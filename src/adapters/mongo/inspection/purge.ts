import type { Context } from '../context.js';
import { messageId, pointerId, pointerIds } from '../layout/ids.js';
import type { LogDocument } from '../layout/log-document.js';
import { besideNow } from '../layout/now-filter.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import { freeKeys } from '../order/free-keys.js';
import type { SubscriptionRecord, TopicOverview } from '../topics/records.js';
import { inChunks, pages } from './pages.js';
import { wake } from './revive.js';
import { inNobodysHands } from './state.js';

type Waiting = Pick<PointerDocument, '_id' | 'q' | 'k'>;

/** Removes what waits or is delayed, for every subscription; what is leased or dead stays. Answers how many messages left a subscription. What is published meanwhile stays. */
export async function purge(context: Context, overview: TopicOverview): Promise<number> {
  const { topic, subscriptions } = overview;
  const left = new Set<number>();
  let count = 0;
  for (const record of subscriptions) {
    for await (const seqs of emptied(context, record, topic.seq)) {
      count += seqs.length;
      for (const seq of seqs) left.add(seq);
    }
    if (record.policy.order !== 'none') await freeKeys(context, record, 'all');
  }
  // What waited and is nobody's now must not come back to a subscription that begins at the earliest.
  for (const chunk of inChunks([...left].sort((one, other) => one - other))) await forget(context, overview, chunk);
  if (subscriptions.every(({ ephemeral }) => ephemeral)) await clear(context, overview);
  if (count > 0) await wake(context, topic);
  return count;
}

/** Sequence numbers of what left a subscription, page by page. */
async function* emptied({ store }: Context, { id }: SubscriptionRecord, latest: number): AsyncGenerator<readonly number[]> {
  const all = store.collection<PointerDocument>('cw_deliv');
  const range = { $gte: pointerIds(id).$gte, $lte: pointerId(id, latest) };
  const look = (last: Waiting | undefined, size: number): Promise<readonly Waiting[]> => store.attempt('purge', () =>
    all.find({ _id: last === undefined ? range : { $gt: last._id, $lte: range.$lte }, ...inNobodysHands }, { projection: { q: 1, k: 1 }, sort: { _id: 1 }, limit: size, batchSize: size + 1 }).toArray());
  for await (const page of pages(look)) {
    const ids = page.map(({ _id }) => _id);
    yield await store.attempt('purge', async (attempt) => {
      const { deletedCount } = await all.deleteMany({ _id: { $in: ids }, ...inNobodysHands });
      if (attempt === 1 && deletedCount === ids.length) return page.map(({ q }) => q);
      // Somebody took some in between.
      const stay = new Set((await all.find({ _id: { $in: ids } }, { projection: { _id: 1 }, batchSize: ids.length + 1 }).toArray()).map(({ _id }) => _id));
      return page.filter(({ _id }) => !stay.has(_id)).map(({ q }) => q);
    });
  }
}

/** Takes out of the log what no subscription has unsettled. Idempotency keys are remembered all the same. */
async function forget({ store }: Context, { topic, subscriptions }: TopicOverview, seqs: readonly number[]): Promise<void> {
  const pointers = subscriptions.flatMap(({ id }) => seqs.map((seq) => pointerId(id, seq)));
  const needed = await store.attempt('purge', () => store.collection<PointerDocument>('cw_deliv').find({ _id: { $in: pointers }, st: { $ne: pointerState.dead } }, { projection: { _id: 0, q: 1 }, batchSize: pointers.length + 1 }).toArray());
  const stay = new Set(needed.map(({ q }) => q));
  const ids = seqs.filter((seq) => !stay.has(seq)).map((seq) => messageId(topic.id, seq));
  if (ids.length === 0) return;
  const log = store.collection<LogDocument>('cw_log');
  const remembered = { $set: { q: 0, b: '$$REMOVE', h: '$$REMOVE', c: '$$REMOVE', k: '$$REMOVE', x: '$$REMOVE' } };
  await store.attempt('purge', () => log.updateMany({ _id: { $in: ids }, ik: { $exists: true } }, [remembered]));
  await store.attempt('purge', () => log.deleteMany({ _id: { $in: ids }, ik: { $exists: false } }));
}

/** Where nobody waits for anything the log goes as a whole, but for what is scheduled. */
async function clear(context: Context, overview: TopicOverview): Promise<void> {
  const { store } = context;
  const { id, seq } = overview.topic;
  const due = besideNow<LogDocument>(store, 'ts', '$lte');
  const look = (last: Pick<LogDocument, 'q'> | undefined, size: number): Promise<readonly Pick<LogDocument, 'q'>[]> => store.attempt('purge', () =>
    store.collection<LogDocument>('cw_log').find({ t: id, q: { $gt: last?.q ?? 0, $lte: seq }, ...due }, { projection: { _id: 0, q: 1 }, sort: { q: 1 }, limit: size, batchSize: size + 1, hint: 'cw_order' }).toArray());
  for await (const page of pages(look)) await forget(context, overview, page.map(({ q }) => q));
}
