import { ChronowError } from '../errors.js';
import type { Body } from '../port/message.js';
import type { Codec } from './codec.js';
import { assertJson, maxDepth } from './json-value.js';

/**
 * JSON, the default. Takes what comes back as it was sent, by JSON's own rules (`undefined` members vanish, a `Date` becomes
 * its text), and refuses what would silently become something else: functions, symbols, BigInt, NaN and infinities, Map, Set
 * and other classes without `toJSON`, circles, and nesting deeper than 200.
 */
export const jsonCodec: Codec = {
  name: 'json',
  contentType: 'application/json',
  encode(value: unknown): string {
    assertJson(value);
    const text: unknown = JSON.stringify(value);
    if (typeof text === 'string') return text;
    throw new ChronowError('PAYLOAD_UNENCODABLE', `a payload of type ${typeof value} has no JSON form`);
  },
  decode(body: Body): unknown {
    const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // The parser's own message quotes the text; it must not reach a log.
      throw new ChronowError('PAYLOAD_UNDECODABLE', `the body (${String(text.length)} characters) is not JSON`);
    }
    if (text.length > maxDepth && deeperThan(text, maxDepth)) throw new ChronowError('PAYLOAD_UNDECODABLE', `the body is JSON nested deeper than ${String(maxDepth)} levels`);
    return value;
  },
};

/** Counts brackets outside strings; only asked for texts long enough to nest that deep. */
function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === 0x5c) at += 1;
      else if (unit === 0x22) inString = false;
    } else if (unit === 0x22) {
      inString = true;
    } else if (unit === 0x5b || unit === 0x7b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (unit === 0x5d || unit === 0x7d) {
      depth -= 1;
    }
  }
  return false;
}
