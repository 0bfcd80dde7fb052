import { ChronowError } from '../errors.js';
import type { Body } from '../port/message.js';
import type { Codec } from './codec.js';
import { exactUtf8Text, isWellFormed } from './utf8.js';

/**
 * Text as it is, without the quotes that JSON would put around it: CSV lines, XML, log lines.
 *
 * Takes any `string` that has a UTF-8 form and gives back the same. Throws `PAYLOAD_UNENCODABLE` for anything else and for
 * half a surrogate pair, `PAYLOAD_UNDECODABLE` for bytes that are not UTF-8; never with a word of the text.
 *
 * @example
 * ```ts
 * const lines = cw.topic('lines', { codec: textCodec });
 * await lines.publish('2024-05-01;Lisbon;17.4');
 * ```
 */
export const textCodec: Codec<string> = {
  name: 'text',
  contentType: 'text/plain; charset=utf-8',
  encode(value: string): string {
    if (typeof value !== 'string') throw new ChronowError('PAYLOAD_UNENCODABLE', `textCodec takes a string; got a value of type ${typeof value}; use jsonCodec (the default) for other values`);
    if (!isWellFormed(value)) throw new ChronowError('PAYLOAD_UNENCODABLE', `the text (${String(value.length)} characters) holds half a surrogate pair, which UTF-8 cannot write`);
    return value;
  },
  decode(body: Body): string {
    const text = typeof body === 'string' ? body : exactUtf8Text(body);
    if (text === undefined) throw new ChronowError('PAYLOAD_UNDECODABLE', `the body (${String(body.length)} bytes) is not UTF-8 text`);
    return text;
  },
};
