import { Binary } from 'mongodb';
import type { Body } from '../../../port/message.js';
import { readBody } from '../layout/message-codec.js';

/** A body as chronos-db keeps it: JSON as a value that MongoDB can look into, everything else as it is. */
export interface BodyValue {
  readonly value: unknown;
  /** undefined: JSON. */
  readonly encoding: BodyEncoding | undefined;
}

export type BodyEncoding = 'text' | 'bytes';

// The server takes 179 levels, chronos-db adds some of its own.
const maxDepth = 100;

/** What is stored of a body. JSON that BSON would change (`$` names, a class name of BSON's, half surrogate pairs, other spacing) stays text. */
export function valueOf(body: Body, codec: string | undefined): BodyValue {
  if (typeof body !== 'string') return { value: new Binary(body), encoding: 'bytes' };
  const value = codec === undefined ? parsed(body) : undefined;
  return value === undefined ? { value: body, encoding: 'text' } : { value: value.json, encoding: undefined };
}

/** The body that a stored value stands for; somebody else's value as JSON. */
export function bodyOf(value: unknown, encoding: unknown): Body {
  if (encoding !== undefined) {
    const body = readBody(value);
    if (body !== undefined) return body;
  }
  return JSON.stringify(value) ?? 'null';
}

function parsed(body: string): { readonly json: unknown } | undefined {
  try {
    const json: unknown = JSON.parse(body);
    // A value that comes back as another text is not the same value: -0, 1e999, numbers with more digits than they have.
    return isKeptByBson(json, 0) && JSON.stringify(json) === body ? { json } : undefined;
  } catch {
    return undefined;
  }
}

function isKeptByBson(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isWellFormed(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === maxDepth) return false;
  if (Array.isArray(value)) return value.every((item) => isKeptByBson(item, depth + 1));
  return Object.entries(value).every(([name, member]) => isName(name) && isKeptByBson(member, depth + 1));
}

/** Of headers too. */
export function isName(name: string): boolean {
  return !name.startsWith('$') && !name.includes('\0') && !reserved.has(name) && isWellFormed(name);
}

const reserved: ReadonlySet<string> = new Set(['_bsontype', '__proto__', 'toBSON']);

function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}
