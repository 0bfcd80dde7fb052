import { isKeyPrefix, keyPrefixForm } from '../keys/key-prefix.js';
import { checkName, type NameKind } from '../keys/names.js';
import type { OptionRule } from '../options/check-options.js';
import { parseConnectionUrl, parseHosts, parseRedisUrl } from './connection-url.js';

const encoding = "with @ : / ? # of a user or password percent-encoded, and nothing behind a '?'";

export const anyUrl: OptionRule = (value) => (typeof value === 'string' && parseConnectionUrl(value) !== undefined ? undefined
  : `memory:, redis://user:password@host:6379/0, rediss://…, redis+sentinel://host:26379,host:26379/master, redis+cluster://host:6379,host:6379, mongodb://… or mongodb+srv://…, with @ : / ? # of a user or password percent-encoded`);

export const redisUrl: OptionRule = (value) => (typeof value === 'string' && parseRedisUrl(value) !== undefined ? undefined
  : `redis://user:password@host:6379/0, rediss://…, redis+sentinel://host:26379,host:26379/master or redis+cluster://host:6379,host:6379, ${encoding}`);

export const mongoUri: OptionRule = (value) => (typeof value === 'string' && parseConnectionUrl(value)?.kind === 'mongo' ? undefined
  : 'mongodb://user:password@host:27017 or mongodb+srv://…, with @ : / ? # of a user or password percent-encoded');

export const nodeList: OptionRule = (value) => (Array.isArray(value) && value.every((item) => typeof item === 'string') && parseHosts(value, 6_379) !== undefined ? undefined
  : 'a list of one or more host:port');

export const keyPrefix: OptionRule = (value) => (isKeyPrefix(value) ? undefined : keyPrefixForm);

export const someText: OptionRule = (value) => (typeof value === 'string' && value !== '' && value.length <= 4_096 && !/\p{Cc}/u.test(value) ? undefined
  : 'a text of 1-4096 characters without control characters');

export const certificate: OptionRule = (value) => {
  const text = typeof value === 'string' ? value.trim() : '';
  const valid = text.includes('-----BEGIN') ? text.includes('-----BEGIN CERTIFICATE-----') && !text.includes('PRIVATE KEY') : text !== '' && !/[\0\r\n]|:\/\//.test(text);
  return valid ? undefined : 'the path of a PEM file, or PEM text that begins with -----BEGIN CERTIFICATE-----';
};

export const endpoint: OptionRule = (value) => (typeof value === 'string' && /^https?:\/\/[^\s@]+$/i.test(value) ? undefined : 'https://host without a user or password');

export const plainObject: OptionRule = (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object');

/** By its shape: instanceof would refuse a client of another copy of ioredis. */
export const redisClient: OptionRule = (value) => {
  const valid = typeof value === 'object' && value !== null && 'options' in value && 'status' in value && typeof value.status === 'string' && 'duplicate' in value && typeof value.duplicate === 'function';
  return valid ? undefined : 'a Redis or Cluster of ioredis 5.11 or later';
};

/** By its shape, as well. */
export const mongoClient: OptionRule = (value) => {
  const valid = typeof value === 'object' && value !== null && 'options' in value && typeof value.options === 'object' && ['connect', 'db', 'startSession'].every((name) => typeof Reflect.get(value, name) === 'function');
  return valid ? undefined : 'a MongoClient of mongodb 6.20 or later';
};

export const startFrom: OptionRule = (value) => {
  if (value === 'earliest' || value === 'latest') return undefined;
  const valid = typeof value === 'object' && value !== null && 'from' in value && typeof value.from === 'number' && Number.isFinite(value.from) && value.from >= 0;
  return valid ? undefined : "'earliest', 'latest' or { from: milliseconds since the epoch }";
};

/** A namespace or a tenant. */
export function named(kind: NameKind): OptionRule {
  return (value) => {
    try {
      checkName(kind, typeof value === 'string' ? value : '');
      return undefined;
    } catch {
      return '1-200 bytes of printable text';
    }
  };
}
