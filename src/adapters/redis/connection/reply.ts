import { ChronowError } from '../../../errors.js';

/** What a command answers: the shape of RESP2, on RESP3 too. */
export type Reply = string | number | null | readonly Reply[];

/** A reply that is a text. */
export function asText(reply: Reply | undefined): string {
  return typeof reply === 'string' ? reply : unexpected('a text', reply);
}

export function asTextOrNull(reply: Reply | undefined): string | null {
  return reply === null ? null : asText(reply);
}

/** A reply that is a number, or the text of one: what a script gives as a text to keep all of its digits. */
export function asNumber(reply: Reply | undefined): number {
  if (typeof reply === 'number') return reply;
  const value = typeof reply === 'string' && reply.trim() !== '' ? Number(reply) : NaN;
  return Number.isNaN(value) ? unexpected('a number', reply) : value;
}

export function asNumberOrNull(reply: Reply | undefined): number | null {
  return reply === null ? null : asNumber(reply);
}

export function asList(reply: Reply | undefined): readonly Reply[] {
  return isList(reply) ? reply : unexpected('a list', reply);
}

/** A list; null, which is how a server says "none" in some commands, is an empty one. */
export function asListOrEmpty(reply: Reply | undefined): readonly Reply[] {
  return reply === null ? [] : asList(reply);
}

export function asTexts(reply: Reply | undefined): readonly string[] {
  return asList(reply).map((item) => asText(item));
}

/** A flat list of names and values. */
export function asFields(reply: Reply | undefined): ReadonlyMap<string, Reply> {
  const items = asList(reply);
  const fields = new Map<string, Reply>();
  for (let i = 0; i + 1 < items.length; i += 2) fields.set(asText(items[i]), items[i + 1] ?? null);
  return fields;
}

function isList(reply: Reply | undefined): reply is readonly Reply[] {
  return Array.isArray(reply);
}

/** Says what kind came, never what it was: a reply may be a payload. */
function unexpected(expected: string, reply: Reply | undefined): never {
  const got = reply === undefined ? 'nothing' : reply === null ? 'null' : isList(reply) ? `a list of ${reply.length}` : typeof reply === 'string' ? `a text of ${reply.length} characters` : 'a number';
  throw new ChronowError('FOREIGN_VALUE', `the server's reply should be ${expected}; got ${got}. Something else wrote to keys of Chronow, or a newer release did`, { details: { expected } });
}
