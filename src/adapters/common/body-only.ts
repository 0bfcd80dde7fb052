import type { OutgoingMessage } from '../../port/message.js';

/** Whether a message is its body and nothing else. */
export function isBodyOnly({ body, headers, key, codec, idempotencyKey, delayMs, deliverAt, ttlMs }: OutgoingMessage): boolean {
  if (typeof body !== 'string' || key !== undefined || idempotencyKey !== undefined || codec !== undefined) return false;
  if (delayMs !== undefined || deliverAt !== undefined || ttlMs !== undefined) return false;
  for (const _name in headers) return false;
  return true;
}
