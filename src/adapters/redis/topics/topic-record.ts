import type { TopicRef } from '../../../port/names.js';
import type { OnFull } from '../../../port/policy.js';
import type { Reply } from '../connection/reply.js';
import { asFields, asNumber } from '../connection/reply.js';
import type { TopicRecord } from './records.js';
import { foreignRecord, formatTooNew } from './refusals.js';

/** The format that this release writes, and the only one it reads so far. */
export const storedFormat = 1;

/** A topic's meta hash, read. Throws `FORMAT_TOO_NEW`. */
export function readTopic(ref: TopicRef, reply: Reply | undefined): { readonly record: TopicRecord; readonly subscriptionsVersion: number } {
  const meta = asFields(reply);
  const number = (name: string): number => asNumber(meta.get(name));
  const onFull = meta.get('of');
  if (meta.get('f') === undefined) throw foreignRecord(`topic "${ref.topic}"`);
  if (number('f') > storedFormat) throw formatTooNew(`topic "${ref.topic}"`, number('f'));
  if (!isOnFull(onFull)) throw foreignRecord(`topic "${ref.topic}"`);
  const shardCount = number('sc');
  const limits = { maxStreamLen: number('ml'), onFull, retentionMs: number('rt'), idempotencyWindowMs: number('iw'), shardCount };
  return { record: { ref, limits, shardCount, shardsNamed: meta.get('nm') === '1' }, subscriptionsVersion: number('sv') };
}

function isOnFull(value: Reply | undefined): value is OnFull {
  return value === 'reject' || value === 'dropOldest';
}
