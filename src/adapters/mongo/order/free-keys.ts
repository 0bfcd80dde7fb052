import type { Filter } from 'mongodb';
import type { Context } from '../context.js';
import { Pointers } from '../delivery/pointers.js';
import { wake } from '../inspection/revive.js';
import type { HoldDocument } from '../layout/hold-document.js';
import { holdId } from '../layout/ids.js';
import { besideNow } from '../layout/now-filter.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord } from '../topics/records.js';

/** What these keys waited for is gone: their holds end, and what is parked behind them is seen again. Those of which something is in hand stay held. */
export async function freeKeys(context: Context, record: SubscriptionRecord, keys: 'all' | readonly string[]): Promise<void> {
  const { store } = context;
  const { id, policy, ref, topicId } = record;
  const inHand = await keysInHand(context, record);
  if (policy.order === 'strict' && inHand.size > 0) return;
  const free = keys === 'all' ? keys : [...new Set(keys)].filter((key) => !inHand.has(key));
  const _id: Filter<HoldDocument>['_id'] = free === 'all' ? { $nin: [...inHand].map((key) => holdId(id, key)) } : { $in: free.map((key) => holdId(id, key)) };
  await store.attempt('release of keys', () => store.collection<HoldDocument>('cw_holds').updateMany({ s: id, _id }, [{ $set: { until: '$$NOW' } }]));
  if (free === 'all') return;
  const pointers = new Pointers(context, id, () => false);
  if (policy.order === 'key') await Promise.all(free.map((key) => pointers.unparkFirst(key)));
  await wake(context, { ref, id: topicId });
}

async function keysInHand({ store }: Context, { id, policy }: SubscriptionRecord): Promise<ReadonlySet<string>> {
  const leased = { s: id, st: pointerState.live, tok: { $exists: true }, ...besideNow<PointerDocument>(store, 'at', '$gt') };
  const found = await store.attempt('release of keys', () => store.collection<PointerDocument>('cw_deliv').find(leased, { projection: { _id: 0, k: 1 } }).toArray());
  return new Set(found.flatMap(({ k }) => (policy.order === 'strict' ? [''] : k ?? [])));
}
