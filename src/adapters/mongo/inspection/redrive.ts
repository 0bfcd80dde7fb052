import type { Filter } from 'mongodb';
import type { RedriveRequest } from '../../../port/inspection.js';
import type { Context } from '../context.js';
import { pointerId, seqOf } from '../layout/ids.js';
import type { PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { deadOf, gravePages, type Grave } from './graves.js';
import { inChunks } from './pages.js';
import { revive, wake } from './revive.js';

/** Puts dead letters back into their subscription, page by page, the oldest first. What was put back when it stops half-way stays so. */
export async function redrive(context: Context, record: SubscriptionRecord, { ids, reason, max = Infinity }: RedriveRequest): Promise<number> {
  let count = 0;
  try {
    for await (const page of ids === undefined ? gravePages(context, record) : named(context, record, ids)) {
      const chosen = page.filter((grave) => reason === undefined || grave.deaths?.at(-1)?.r === reason).slice(0, max - count);
      count += await revive(context, record, chosen.map(({ _id }) => _id));
      if (count >= max) break;
    }
  } finally {
    if (count > 0) await wake(context, { ref: record.ref, id: record.topicId });
  }
  return count;
}

/** Those of these ids that are dead, the oldest death first. */
async function* named({ store }: Context, record: SubscriptionRecord, ids: readonly string[]): AsyncGenerator<readonly Grave[]> {
  const found: Grave[] = [];
  const look = async (which: Filter<PointerDocument>, size: number): Promise<void> => {
    found.push(...(await store.attempt('look at dead letters', () =>
      store.collection<PointerDocument>('cw_deliv').find({ ...which, ...deadOf(record) }, { projection: { at: 1, q: 1, m: 1, deaths: { $slice: -1 } }, batchSize: size + 1 }).toArray())));
  };
  const all = [...new Set(ids)];
  const pointers = all.flatMap((id) => {
    const seq = seqOf(record.topicId, id);
    return seq === undefined ? [] : [pointerId(record.id, seq)];
  });
  for (const chunk of inChunks(pointers)) await look({ _id: { $in: [...chunk] } }, chunk.length);
  // What came from elsewhere is found among the dead letters only.
  for (const chunk of inChunks(all.filter((id) => seqOf(record.topicId, id) === undefined))) await look({ m: { $in: [...chunk] } }, chunk.length);
  yield* inChunks(found.sort((left, right) => left.at.getTime() - right.at.getTime() || left.q - right.q));
}
