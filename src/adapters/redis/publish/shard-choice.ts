import type { OutgoingMessage } from '../../../port/message.js';

/** The shard of a text: FNV-1a over its UTF-16 units. It decides where messages lie, so it never changes. */
export function shardOf(text: string, shardCount: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % shardCount;
}

/** Messages of one key share a shard, and so do those of one idempotency key, where there is no other. The rest goes wherever `turn` says. */
export function shardFor({ key, idempotencyKey }: OutgoingMessage, shardCount: number, turn: number): number {
  const text = key ?? idempotencyKey;
  return text === undefined ? turn % shardCount : shardOf(text, shardCount);
}
