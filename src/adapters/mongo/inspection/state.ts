import type { Document, Filter } from 'mongodb';
import type { MongoStore } from '../connection/store.js';
import { besideNow } from '../layout/now-filter.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';

const hasNoLease: Document = { $eq: [{ $type: '$tok' }, 'missing'] };
/** Published to be due later, or its publish is under way. */
const isUnborn: Document = { $and: [{ $eq: ['$n', 0] }, { $or: [{ $eq: ['$sch', true] }, { $ne: [{ $type: '$lack' }, 'missing'] }] }] };

/** What becomes of a pointer that may not be taken yet. */
export const notYet: Document = { $switch: { branches: [{ case: { $not: [hasNoLease] }, then: 'leased' }, { case: isUnborn, then: 'unborn' }], default: 'delayed' } };

export const unsettled: Filter<PointerDocument> = { st: { $in: [pointerState.live, pointerState.parked] } };

/** Unsettled, and there to be seen. */
export const seen: Filter<PointerDocument> = { ...unsettled, $expr: { $or: [{ $lte: ['$at', '$$NOW'] }, { $ne: [notYet, 'unborn'] }] } };

/** Waits or is delayed: in nobody's hands. */
export const inNobodysHands: Filter<PointerDocument> = { ...unsettled, $expr: { $or: [{ $lte: ['$at', '$$NOW'] }, { $eq: [notYet, 'delayed'] }] } };

/** Published to be due later, and due: their place is by that time, whatever their number. There is an index of them, by place: `cw_scheduled`. */
export function due(store: Pick<MongoStore, 'probes' | 'clock'>): Filter<PointerDocument> {
  return { sch: true, $and: [seen, besideNow<PointerDocument>(store, 'ts', '$lte')] };
}
