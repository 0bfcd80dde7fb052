import type { KeyRef, Scope, TopicRef } from '../../port/names.js';
import type { Span, ValueSettings } from './owed.js';

/** Messages of a topic whose copies may be missing: published since then, or due in the span. Times are the backend's, ms since the epoch. */
export interface OwedMessages {
  readonly topic: TopicRef;
  /** undefined: since the record was written. */
  readonly since: number | undefined;
  readonly due: Span | undefined;
}

/** A value whose copy may be missing, where it was written since then. */
export interface OwedValue extends ValueSettings {
  readonly key: KeyRef;
  readonly since: number | undefined;
}

/** What a client owes to the warm tier. */
export interface GuardRecord {
  readonly messages: readonly OwedMessages[];
  readonly values: readonly OwedValue[];
  /** More than is named here, since then; undefined: no more. */
  readonly more: { readonly since: number | undefined } | undefined;
  /** How long copies of messages are kept, days. */
  readonly retentionDays: number;
}

/** A record that nobody writes any more. */
export const closedRecord = 'closed';

const format = 1;

/** No name of a user has a control character, so that no key of his is one of these, and no prefix of his shows them. */
export function guardScope({ tenantId, namespace }: Scope): Scope {
  return { tenantId, namespace: `\u0000${namespace}` };
}

export function recordKey(scope: Scope, name: string): KeyRef {
  return { ...guardScope(scope), key: `owed:${name}` };
}

/** The names of the records that there may be. */
export function registerKey(scope: Scope): KeyRef {
  return { ...guardScope(scope), key: 'owing' };
}

/** It is there while nobody need look for records. */
export function sweepKey(scope: Scope): KeyRef {
  return { ...guardScope(scope), key: 'looked' };
}

export function recordText(record: GuardRecord): string {
  return JSON.stringify({ f: format, ...record });
}

/** undefined: it is none that this version reads. */
export function recordFrom(text: unknown): GuardRecord | undefined {
  const found = parsed(text);
  return isRecord(found) ? found : undefined;
}

export function namesFrom(text: unknown): readonly string[] {
  const found = parsed(text);
  return Array.isArray(found) ? found.filter((name) => typeof name === 'string') : [];
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Whoever can write here can write everything: the number of the format is enough. */
function isRecord(found: unknown): found is GuardRecord {
  return typeof found === 'object' && found !== null && 'f' in found && found.f === format;
}
