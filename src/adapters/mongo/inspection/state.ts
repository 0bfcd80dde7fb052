import type { Document, Filter } from 'mongodb';
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

/** Their place is when they were due, whatever their number. There is an index of them: `cw_scheduled`. */
export const scheduled: Filter<PointerDocument> = { sch: true, ...seen };

/** More of them than this are not looked at. */
export const mostScheduled = 1_000;
