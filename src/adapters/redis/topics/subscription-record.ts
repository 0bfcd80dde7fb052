import { encodeName } from '../../../keys/encoding.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { ExpiredAction, Order, SubscriptionPolicy } from '../../../port/policy.js';
import type { SubscriptionRecord } from './records.js';
import { foreignRecord, formatTooNew } from './refusals.js';
import { storedFormat } from './topic-record.js';

/** The JSON of a record. Scripts read `v`, `g`, `eph`, `at` and the members of `p`. */
export function recordText({ policy, version, ephemeral, createdAt, group }: SubscriptionRecord): string {
  const p = { vt: policy.visibilityTimeoutMs, md: policy.maxDeliveries, rb: policy.retryBackoffMs, dl: policy.deadLetterEnabled ? 1 : 0, or: policy.order, ex: policy.expired };
  return JSON.stringify({ f: storedFormat, v: version, g: group, eph: ephemeral ? 1 : 0, at: createdAt, p });
}

/** Reads a record. Throws `FORMAT_TOO_NEW`, and `FOREIGN_VALUE` for what is none. */
export function readSubscription(ref: SubscriptionRef, shardCount: number, text: string): SubscriptionRecord {
  const what = `subscription "${ref.subscription}" of topic "${ref.topic}"`;
  const stored = parsed(text);
  if (stored === undefined || typeof stored['f'] !== 'number') throw foreignRecord(what);
  if (stored['f'] > storedFormat) throw formatTooNew(what, stored['f']);
  const { v, eph, at, p } = stored;
  const policy = isRecord(p) ? readPolicy(p) : undefined;
  if (typeof v !== 'number' || typeof at !== 'number' || policy === undefined) throw foreignRecord(what);
  return { ref, policy, version: v, ephemeral: eph === 1, createdAt: at, group: encodeName(ref.subscription), shardCount };
}

function readPolicy({ vt, md, rb, dl, or, ex }: Record<string, unknown>): SubscriptionPolicy | undefined {
  if (typeof vt !== 'number' || typeof md !== 'number' || !isNumbers(rb) || !isOrder(or) || !isExpired(ex)) return undefined;
  return { visibilityTimeoutMs: vt, maxDeliveries: md, retryBackoffMs: rb, deadLetterEnabled: dl === 1, order: or, expired: ex };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function isOrder(value: unknown): value is Order {
  return value === 'none' || value === 'key' || value === 'strict';
}

function isExpired(value: unknown): value is ExpiredAction {
  return value === 'dead-letter' || value === 'drop';
}
