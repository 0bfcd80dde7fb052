import type { Document } from 'mongodb';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { MessageParts } from '../layout/message-codec.js';
import type { PointerDocument } from '../layout/pointer-document.js';

/** A pointer that may be taken, with the server's time at which it was read. */
export interface Candidate extends PointerDocument {
  readonly now: Date;
}

/** What is to become of it. `alone`: its last attempt after one that ended without a word. */
export type Fate = 'hand-out' | 'alone' | 'spent' | 'expired' | 'foreign';

/** What a claim wants to know of a pointer. */
export const candidateFields: Document = { q: 1, m: 1, st: 1, at: 1, n: 1, tok: 1, l: 1, lk: 1, sch: 1, k: 1, x: 1, lack: 1, b: 1, h: 1, c: 1, ts: 1, now: '$$NOW' };

export function fateOf(candidate: Candidate, { maxDeliveries }: SubscriptionPolicy): Fate {
  const { n, x, now } = candidate;
  if (!isOurs(candidate)) return 'foreign';
  if (x !== undefined && x <= now) return 'expired';
  if (n >= maxDeliveries) return 'spent';
  return isRisky(candidate) && maxDeliveries > 1 && n >= maxDeliveries - 1 ? 'alone' : 'hand-out';
}

/** Whether its lease ended unsettled. */
export function hasLapsed({ tok, at, now }: Candidate): boolean {
  return tok !== undefined && at <= now;
}

/**
 * What is missing for less than this keeps the others of its key back: it may be stored by now and told. For longer, whoever publishes it lets it be
 * seen before it is told.
 */
const youngLackMs = 1_000;

/** Not to be seen yet: it is scheduled, or its publish has been under way for a while. */
export function isUnborn({ n, at, now, tok, sch, lack }: Candidate): boolean {
  return n === 0 && tok === undefined && at > now && (sch === true || (lack !== undefined && now.getTime() - lack.getTime() >= youngLackMs));
}

/** The message in the pointer itself, where it was dead before. */
export function ownMessage({ b, h, c, k, x, ts }: Candidate): MessageParts | undefined {
  return b === undefined ? undefined : { b, h, c, k, x, ts };
}

function isRisky(candidate: Candidate): boolean {
  return candidate.l === true || hasLapsed(candidate);
}

/** Somebody else may have written it. */
function isOurs({ q, m, n, x }: { readonly [K in keyof Candidate]?: unknown }): boolean {
  return typeof q === 'number' && typeof m === 'string' && typeof n === 'number' && (x === undefined || x instanceof Date);
}
