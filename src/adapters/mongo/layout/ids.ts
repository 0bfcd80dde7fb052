import { randomBytes } from 'node:crypto';

/** The largest safe integer has so many digits. */
const digits = 11;

/** Short, and no other has it: for topics and subscriptions, so that what is made again is never taken for what was there before. */
export function newShortId(): string {
  return randomBytes(8).readBigUInt64BE().toString(36).padStart(13, '0');
}

/** A sequence number as text that sorts as numbers do. */
export function seqText(seq: number): string {
  return seq.toString(36).padStart(digits, '0');
}

/** The id of a message: unique, and sortable within its topic. */
export function messageId(topicId: string, seq: number): string {
  return `${topicId}-${seqText(seq)}`;
}

/** The sequence number in an id of the topic; undefined where it is none. */
export function seqOf(topicId: string, id: string): number | undefined {
  if (!id.startsWith(`${topicId}-`)) return undefined;
  const seq = Number.parseInt(id.slice(topicId.length + 1), 36);
  return Number.isSafeInteger(seq) && messageId(topicId, seq) === id ? seq : undefined;
}

/** The id of a subscription's pointer to a message; those of a subscription sort by sequence number. */
export function pointerId(subscriptionId: string, seq: number): string {
  return `${subscriptionId}:${seqText(seq)}`;
}

/** The id of a pointer to a message whose id another topic or backend gave: before those of the topic's own, by publish time. */
export function strangerId(subscriptionId: string, publishedAt: number, digest: string): string {
  return `${subscriptionId}:!${seqText(Math.max(0, publishedAt))}${digest}`;
}

/** Bounds of all pointer ids of a subscription, for a range over `_id`. */
export function pointerIds(subscriptionId: string): { readonly $gte: string; readonly $lt: string } {
  return { $gte: `${subscriptionId}:`, $lt: `${subscriptionId};` };
}

/** The id of a hold: one of a subscription and a key. */
export function holdId(subscriptionId: string, key: string): string {
  return `${subscriptionId}|${key}`;
}
