import type { OutgoingMessage } from '../../../port/message.js';
import type { Argument } from '../connection/connection.js';
import { messageFields } from '../format/message-fields.js';

/** Whether a message is its body and nothing else. */
export function isBodyOnly({ body, headers, key, codec, idempotencyKey, delayMs, deliverAt, ttlMs }: OutgoingMessage): boolean {
  if (typeof body !== 'string' || key !== undefined || idempotencyKey !== undefined || codec !== undefined) return false;
  if (delayMs !== undefined || deliverAt !== undefined || ttlMs !== undefined) return false;
  for (const _name in headers) return false;
  return true;
}

/** The arguments of one message for the script `publish`: head, name of its idempotency key, body, pairs. */
export function pushMessage(args: Argument[], message: OutgoingMessage): void {
  const fields = messageFields(message);
  const { delayMs, deliverAt, ttlMs } = message;
  const size = (fields.length - 2) / 2;
  const isTimed = delayMs !== undefined || deliverAt !== undefined || ttlMs !== undefined;
  args.push(isTimed ? `${size};${wholeMs(delayMs)};${wholeMs(deliverAt)};${wholeMs(ttlMs)}` : size, idempotencyName(message));
  for (let at = 1; at < fields.length; at++) args.push(fields[at] ?? '');
}

/** The scope of an idempotency key is the message key beside it; the length keeps the two apart. '' where there is none. */
function idempotencyName({ key, idempotencyKey }: OutgoingMessage): string {
  if (idempotencyKey === undefined) return '';
  return key === undefined ? `-${idempotencyKey}` : `${key.length}:${key}${idempotencyKey}`;
}

function wholeMs(ms: number | undefined): string {
  return ms === undefined ? '' : Math.max(0, Math.ceil(ms)).toFixed(0);
}
