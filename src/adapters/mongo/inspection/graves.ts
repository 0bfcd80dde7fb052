import type { Document, Filter } from 'mongodb';
import type { Context } from '../context.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { pages } from './pages.js';

/** A dead letter, as far as it is needed to choose among them. */
export type Grave = Pick<PointerDocument, '_id' | 'at' | 'q' | 'm' | 'deaths'>;

/** In the order of their deaths; `cw_claim` has it. */
export const byDeath = { at: 1, q: 1 } as const;

export function deadOf({ id }: SubscriptionRecord): Filter<PointerDocument> {
  return { s: id, st: pointerState.dead };
}

/** Those that are dead now, page by page, the oldest death first. Who dies meanwhile is left out, or it might never end. */
export async function* gravePages({ store }: Context, record: SubscriptionRecord): AsyncGenerator<readonly Grave[]> {
  const all = store.collection<PointerDocument>('cw_deliv');
  const dead = deadOf(record);
  const [latest] = await store.attempt('look at dead letters', () => all.find(dead, { projection: { _id: 0, at: 1 }, sort: { at: -1, q: -1 }, limit: 1 }).toArray());
  if (latest === undefined) return;
  const fields: Document = { at: 1, q: 1, m: 1, deaths: { $slice: -1 } };
  yield* pages<Grave>((last, size) => store.attempt('look at dead letters', () =>
    all.find({ ...dead, at: { $lte: latest.at, ...(last === undefined ? {} : { $gte: last.at }) }, ...behind(last) }, { projection: fields, sort: byDeath, limit: size, batchSize: size + 1 }).toArray()));
}

function behind(last: Grave | undefined): Filter<PointerDocument> {
  return last === undefined ? {} : { $or: [{ at: { $gt: last.at } }, { q: { $gt: last.q } }] };
}
