import type { Body, OutgoingMessage, StoredMessage } from '../../src/port/message.js';
import type { Claimed } from '../../src/port/lease.js';
import type { SubscriptionPolicy, TopicLimits } from '../../src/port/policy.js';

/** No deadline of it comes near in a test, so that each promise names the one it is about. */
export const calmPolicy: SubscriptionPolicy = {
  visibilityTimeoutMs: 600_000,
  maxDeliveries: 5,
  retryBackoffMs: [600_000],
  deadLetterEnabled: true,
  order: 'none',
  expired: 'dead-letter',
};

export const wideLimits: TopicLimits = { maxStreamLen: 100_000, onFull: 'reject', retentionMs: 604_800_000, idempotencyWindowMs: 600_000, shardCount: 1 };

export function message(
  body: Body,
  options: Omit<OutgoingMessage, 'body' | 'headers'> & { readonly headers?: OutgoingMessage['headers'] } = {},
): OutgoingMessage {
  return { headers: {}, ...options, body };
}

/** Messages of one key: `keyed('k', 'a', 'b')`. */
export function keyed(key: string, ...bodies: readonly string[]): readonly OutgoingMessage[] {
  return bodies.map((body) => message(body, { key }));
}

export function bodies(claimed: readonly Claimed[]): readonly Body[] {
  return claimed.map((one) => one.message.body);
}

/** `m0`, `m1`, … */
export function numbered(count: number, prefix = 'm'): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

/** A message as plain data, for comparisons: a backend may answer objects of its own, with getters. */
export function plain({ id, body, headers, codec, key, publishedAt, expiresAt }: StoredMessage): StoredMessage {
  return { id, body: typeof body === 'string' ? body : Uint8Array.from(body), headers: { ...headers }, codec, key, publishedAt, expiresAt };
}
