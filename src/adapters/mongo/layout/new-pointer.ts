import type { Document } from 'mongodb';
import { pointerId } from './ids.js';
import type { LogDocument } from './log-document.js';
import type { PointerDocument } from './pointer-document.js';
import { pointerState } from './pointer-document.js';

/** A subscription's pointer to a message that is being stored. */
export function newPointer(subscriptionId: string, { _id, t, q, ts, k, x, p }: LogDocument): PointerDocument {
  const pointer: { -readonly [K in keyof PointerDocument]: PointerDocument[K] } = { _id: pointerId(subscriptionId, q), s: subscriptionId, t, m: _id, q, ts, st: pointerState.live, at: ts, n: 0 };
  if (p !== undefined) pointer.sch = true;
  if (k !== undefined) pointer.k = k;
  if (x !== undefined) pointer.x = x;
  return pointer;
}

/** The same made by the server of a document of the log, due at that expression. A field that is missing there is missing here. */
export function projectedPointer(subscriptionId: string, topicId: string, at: '$ts' | '$$NOW'): Document {
  return {
    _id: { $concat: [`${subscriptionId}:`, { $substrBytes: ['$_id', topicId.length + 1, -1] }] },
    s: { $literal: subscriptionId },
    t: 1,
    m: '$_id',
    q: 1,
    ts: 1,
    st: { $literal: pointerState.live },
    at,
    n: { $literal: 0 },
    sch: { $cond: [{ $eq: [{ $type: '$p' }, 'missing'] }, '$$REMOVE', true] },
    k: 1,
    x: 1,
  };
}
