import type { PointerDocument } from './pointer-document.js';

type Placed = Pick<PointerDocument, 'ts' | 'q'>;

/** The order of messages: by when they were published or fell due, those of one moment by their number. */
export function byPlace(left: Placed, right: Placed): number {
  return timeOf(left.ts) - timeOf(right.ts) || left.q - right.q;
}

/** Somebody else may have written it. */
function timeOf(ts: unknown): number {
  return ts instanceof Date ? ts.getTime() : 0;
}

/** What was scheduled among the rest; both lists are in order, and the answer is not longer than `limit`, as neither is cut before. */
export function inPlace<T extends Placed>(published: readonly T[], due: readonly T[], limit: number): readonly T[] {
  if (due.length === 0) return published;
  const merged: T[] = [];
  let at = 0;
  for (const one of published) {
    for (let next = due[at]; next !== undefined && byPlace(next, one) < 0; next = due[at]) {
      merged.push(next);
      at += 1;
    }
    merged.push(one);
  }
  return [...merged, ...due.slice(at)].slice(0, limit);
}
