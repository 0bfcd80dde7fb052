import { Binary } from 'mongodb';
import type { Body } from '../../../port/message.js';
import { bsonJson } from '../../common/bson-json.js';
import { readBody } from '../layout/message-codec.js';

/** A body as chronos-db keeps it: JSON as a value that MongoDB can look into, everything else as it is. */
export interface BodyValue {
  readonly value: unknown;
  /** undefined: JSON. */
  readonly encoding: BodyEncoding | undefined;
}

export type BodyEncoding = 'text' | 'bytes';

/** What is stored of a body. JSON that BSON would change stays text. */
export function valueOf(body: Body, codec: string | undefined): BodyValue {
  if (typeof body !== 'string') return { value: new Binary(body), encoding: 'bytes' };
  const value = codec === undefined ? bsonJson(body) : undefined;
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
