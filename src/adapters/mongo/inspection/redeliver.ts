import type { Context } from '../context.js';
import { pointerId, seqOf } from '../layout/ids.js';
import type { LogDocument } from '../layout/log-document.js';
import { projectedPointer } from '../layout/new-pointer.js';
import { besideNow } from '../layout/now-filter.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { inChunks } from './pages.js';
import { revive, wake } from './revive.js';

/** Puts messages that the topic retains, or dead letters, into one subscription again; one that is unsettled there is not doubled. Answers how many are still there. */
export async function redeliver(context: Context, record: SubscriptionRecord, ids: readonly string[]): Promise<number> {
  const own = [...new Set(ids)].filter((id) => seqOf(record.topicId, id) !== undefined);
  let count = 0;
  for (const chunk of inChunks(own)) count += await putBack(context, record, chunk);
  if (count > 0) await wake(context, { ref: record.ref, id: record.topicId });
  return count;
}

async function putBack(context: Context, record: SubscriptionRecord, ids: readonly string[]): Promise<number> {
  const { store } = context;
  const retained = { _id: { $in: [...ids] }, t: record.topicId, q: { $gt: 0 }, ...besideNow<LogDocument>(store, 'ts', '$lte') };
  const there = new Set((await store.attempt('redelivery', () => store.collection<LogDocument>('cw_log').find(retained, { projection: { _id: 1 }, batchSize: ids.length + 1 }).toArray())).map(({ _id }) => _id));
  const pointers = ids.map((id) => pointerId(record.id, seqOf(record.topicId, id) ?? 0));
  const held = await store.attempt('redelivery', () => store.collection<PointerDocument>('cw_deliv').find({ _id: { $in: pointers } }, { projection: { m: 1, st: 1, b: 1 }, batchSize: ids.length + 1 }).toArray());
  await revive(context, record, held.filter(({ st }) => st === pointerState.dead).map(({ _id }) => _id));
  const present = new Set(held.map(({ m }) => m));
  const missing = [...there].filter((id) => !present.has(id));
  if (missing.length > 0) await point(context, record, missing);
  // Who came back from the dead has its message with it, whatever became of the log.
  for (const { m, b } of held) if (b !== undefined) there.add(m);
  return there.size;
}

/** By the server, from the log: where a pointer came in between it stays as it is. */
async function point({ store }: Context, record: SubscriptionRecord, ids: readonly string[]): Promise<void> {
  const merge = { $merge: { into: 'cw_deliv', on: '_id', whenMatched: 'keepExisting', whenNotMatched: 'insert' } };
  await store.attempt('redelivery', () => store.collection('cw_log').aggregate([{ $match: { _id: { $in: [...ids] }, t: record.topicId } }, { $project: projectedPointer(record.id, record.topicId, '$$NOW') }, merge]).toArray());
}
