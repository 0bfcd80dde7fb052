import { ChronowError, isChronowError } from '../errors.js';
import type { Body } from '../port/message.js';
import type { Codec } from './codec.js';
import { jsonErrorAt } from './json-position.js';
import { assertJson, flawOf, maxDepth } from './json-value.js';
import { utf8Text } from './utf8.js';

/**
 * JSON, the default. Takes what comes back as it was sent, by JSON's own rules (`undefined` members vanish, a `Date` becomes
 * its text), and refuses what would silently become something else: functions, symbols, BigInt, NaN and infinities, invalid
 * dates, bytes, Map, Set and other classes that JSON sees nothing of, holes in arrays, circles, nesting deeper than 200, and
 * members named `__proto__`.
 *
 * Throws `PAYLOAD_UNENCODABLE` with the place and never the value, and `PAYLOAD_UNDECODABLE` with the place (`details.position`,
 * a count of UTF-16 units) and without a word of the body.
 */
export const jsonCodec: Codec = {
  name: 'json',
  contentType: 'application/json',
  encode(value: unknown): string {
    try {
      assertJson(value);
      const text: unknown = JSON.stringify(value);
      if (typeof text === 'string') return text;
    } catch (error) {
      if (isChronowError(error)) throw error;
      // A getter or toJSON() of the user's, or a text longer than a string can be.
      throw new ChronowError('PAYLOAD_UNENCODABLE', 'the payload threw while it was encoded as JSON', { cause: error });
    }
    throw new ChronowError('PAYLOAD_UNENCODABLE', `a payload of type ${typeof value} has no JSON form`);
  },
  decode(body: Body): unknown {
    const text = typeof body === 'string' ? body : utf8Text(body);
    if (text === undefined) throw new ChronowError('PAYLOAD_UNDECODABLE', `the body (${sizeOf(body)}) is not UTF-8 text`);
    const value = parsed(text);
    if (value === undefined) throw notJson(body, text);
    const flaw = mayBeUnsafe(text) ? flawOf(value) : undefined;
    if (flaw !== undefined) throw new ChronowError('PAYLOAD_UNDECODABLE', `the body (${sizeOf(body)}) is JSON ${flaw}`);
    return value;
  },
};

/** undefined: not JSON. The parser's own message quotes the text, which must not reach a log. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Short texts without the name cannot be: a level takes two characters, and only an escape hides a letter. */
function mayBeUnsafe(text: string): boolean {
  return text.length > 2 * maxDepth || text.includes('__proto__') || text.includes('\\u00');
}

function notJson(body: Body, text: string): ChronowError {
  const position = jsonErrorAt(text) ?? 0;
  return new ChronowError('PAYLOAD_UNDECODABLE', `the body (${sizeOf(body)}) is not JSON at position ${String(position)}`, { details: { position } });
}

function sizeOf(body: Body): string {
  return typeof body === 'string' ? `${String(body.length)} characters` : `${String(body.byteLength)} bytes`;
}
