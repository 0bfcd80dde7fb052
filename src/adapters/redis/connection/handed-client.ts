import { ChronowError } from '../../../errors.js';
import type { Address } from './address.js';
import type { ConnectionOptions, DriverClient } from './options.js';

/** What can be told of a client of the caller's: its kind, where it begins, and the settings of its connections. */
export interface HandedClient {
  readonly topology: ConnectionOptions['topology'];
  readonly db: number;
  readonly seeds: readonly Address[];
  /** For a cluster: what each node's connection is made with. */
  readonly nodeOptions: object;
  readonly mapped: (address: Address) => Address;
}

/** Reads an ioredis client, of whichever version, without using it. */
export function readClient(client: DriverClient): HandedClient {
  const isCluster = member(client, 'isCluster') === true;
  const nodeOptions = objectOf(isCluster ? member(client.options, 'redisOptions') : client.options);
  for (const prefix of [member(client.options, 'keyPrefix'), member(nodeOptions, 'keyPrefix')]) {
    if (prefix !== undefined && prefix !== null && prefix !== '') throw new ChronowError('CONFIG_INVALID', 'redis.client has an ioredis keyPrefix, which scripts would see twice; hand in one without it and use the keyPrefix of Chronow');
  }
  const topology = isCluster ? 'cluster' : Array.isArray(member(client.options, 'sentinels')) ? 'sentinel' : 'single';
  const seeds = isCluster ? listOf(member(client, 'startupNodes')).flatMap((node) => seedOf(node)) : [addressOf(client.options)];
  const db = member(nodeOptions, 'db');
  return { topology, db: typeof db === 'number' ? db : 0, seeds, nodeOptions, mapped: mapping(member(client.options, 'natMap')) };
}

function seedOf(node: unknown): readonly Address[] {
  if (typeof node === 'number') return [{ host: '127.0.0.1', port: node }];
  if (typeof node === 'object' && node !== null) return [addressOf(node)];
  const match = typeof node === 'string' ? /(?:^|@|\/\/)\[?([^@/\s]*?)\]?:(\d{1,5})(?:\/|$)/.exec(node) : null;
  return match === null ? [] : [{ host: match[1] ?? '127.0.0.1', port: Number(match[2]) }];
}

function addressOf(options: object): Address {
  const host = member(options, 'host');
  const port = Number(member(options, 'port') ?? 6379);
  return { host: typeof host === 'string' ? host : '127.0.0.1', port };
}

/** The addresses a cluster announces may not be those by which it is reached. */
function mapping(natMap: unknown): (address: Address) => Address {
  return (address) => {
    const key = `${address.host}:${address.port}`;
    const found: unknown = typeof natMap === 'function' ? Reflect.apply(natMap, undefined, [key]) : member(natMap, key);
    return typeof found === 'object' && found !== null ? addressOf(found) : address;
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
