import { bytesCodec } from '../codec/bytes-codec.js';
import type { Codec } from '../codec/codec.js';
import { jsonCodec } from '../codec/json-codec.js';
import { textCodec } from '../codec/text-codec.js';
import { ChronowError } from '../errors.js';
import type { CodecRegistry } from './client.js';

const legalName = /^[a-z0-9.+-]{1,40}$/;

/** The codecs a client knows, by the name that messages carry. */
export function codecRegistry(): CodecRegistry {
  const codecs = new Map<string, Codec>([jsonCodec, bytesCodec, textCodec].map((codec) => [codec.name, codec]));
  return {
    find: (name) => (name === undefined ? jsonCodec : codecs.get(name)),
    add: (codec) => {
      const valid = typeof codec === 'object' && codec !== null && typeof codec.encode === 'function' && typeof codec.decode === 'function' && legalName.test(codec.name);
      if (!valid) throw new ChronowError('OPTION_INVALID', 'a codec must have encode, decode and a name of 1-40 characters of [a-z0-9.+-]');
      codecs.set(codec.name, codec);
    },
  };
}
