import type { OutgoingMessage } from '../../../port/message.js';
import { idempotencyName } from '../../common/idempotency-name.js';
import type { Argument } from '../connection/connection.js';
import { messageFields } from '../format/message-fields.js';

/** The arguments of one message for the script `publish`: head, name of its idempotency key, body, pairs. */
export function pushMessage(args: Argument[], message: OutgoingMessage): void {
  const fields = messageFields(message);
  const { delayMs, deliverAt, ttlMs } = message;
  const size = (fields.length - 2) / 2;
  const isTimed = delayMs !== undefined || deliverAt !== undefined || ttlMs !== undefined;
  args.push(isTimed ? `${size};${wholeMs(delayMs)};${wholeMs(deliverAt)};${wholeMs(ttlMs)}` : size, idempotencyName(message) ?? '');
  for (let at = 1; at < fields.length; at++) args.push(fields[at] ?? '');
}

function wholeMs(ms: number | undefined): string {
  return ms === undefined ? '' : Math.max(0, Math.ceil(ms)).toFixed(0);
}
