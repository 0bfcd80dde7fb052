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
