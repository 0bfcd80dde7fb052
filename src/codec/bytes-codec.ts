import { ChronowError } from '../errors.js';
import type { Body } from '../port/message.js';
import type { Codec } from './codec.js';

const utf8 = new TextEncoder();

/**
 * Bytes as they are, for payloads that something else has encoded: Protobuf, Avro, images.
 *
 * Takes a `Uint8Array` (a `Buffer` is one) and gives back a `Uint8Array` of its own, so that nobody changes another's
 * message. A text body, written by another codec, is given as UTF-8.
 *
 * Throws `PAYLOAD_UNENCODABLE` for anything else; whatever is stored can be decoded.
 *
 * @example
 * ```ts
 * const frames = cw.topic('frames', { codec: bytesCodec });
 * await frames.publish(new Uint8Array([1, 2, 3]));
 * ```
 */
export const bytesCodec: Codec<Uint8Array> = {
  name: 'bytes',
  contentType: 'application/octet-stream',
  encode(value: Uint8Array): Uint8Array {
    if (value instanceof Uint8Array) return new Uint8Array(value);
    throw new ChronowError('PAYLOAD_UNENCODABLE', `bytesCodec takes a Uint8Array; got a value of type ${typeof value}; use jsonCodec (the default) for objects`);
  },
  decode(body: Body): Uint8Array {
    return typeof body === 'string' ? utf8.encode(body) : new Uint8Array(body);
  },
};
