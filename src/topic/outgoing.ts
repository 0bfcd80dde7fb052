import { checkHeaders } from '../codec/headers.js';
import type { OptionRule, OptionRules } from '../options/check-options.js';
import { anything, either, number, textOfBytes } from '../options/rules.js';
import type { OutgoingMessage } from '../port/message.js';
import type { PublishOptions } from './options.js';
import type { EncodedPayload } from './payload-coder.js';

const longest = Number.MAX_SAFE_INTEGER;
const aDate: OptionRule = (value) => (value instanceof Date && Number.isFinite(value.getTime()) ? undefined : 'a valid Date');

/** Options of one message, for every call that publishes. Headers have checks, and errors, of their own. */
export const publishRules: OptionRules = {
  headers: anything,
  key: textOfBytes(1, 512),
  idempotencyKey: textOfBytes(1, 512),
  delayMs: number(0, longest, 'milliseconds'),
  deliverAt: either(aDate, number(0, longest, 'milliseconds since the epoch')),
  ttlMs: number(1, longest, 'milliseconds'),
};

/** A message for the backend, from options that were checked. */
export function outgoing({ body, codec }: EncodedPayload, options: PublishOptions): OutgoingMessage {
  const { headers, key, idempotencyKey, delayMs, deliverAt, ttlMs } = options;
  return { body, codec, headers: checkHeaders(headers), key, idempotencyKey, delayMs, deliverAt: deliverAt instanceof Date ? deliverAt.getTime() : deliverAt, ttlMs };
}
