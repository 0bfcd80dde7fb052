import type { OutgoingMessage } from '../../port/message.js';

/** What is stored of an idempotency key. Its scope is the message key beside it; the length keeps the two apart. */
export function idempotencyName({ idempotencyKey, key }: OutgoingMessage): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  return key === undefined ? `-${idempotencyKey}` : `${String(key.length)}:${key}${idempotencyKey}`;
}
