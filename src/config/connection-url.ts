import type { HostPort } from './resolved.js';

/** What a connection string says. undefined: it does not say. */
export type ConnectionUrl = { readonly kind: 'memory' } | RedisUrl | { readonly kind: 'mongo'; readonly uri: string };

export interface RedisUrl {
  readonly kind: 'redis';
  readonly topology: 'single' | 'sentinel' | 'cluster';
  readonly hosts: readonly HostPort[];
  readonly masterName: string | undefined;
  readonly tls: boolean | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number | undefined;
}

const redisScheme = /^redis(s?)(?:\+(sentinel|cluster))?:\/\//i;
const mongo = /^mongodb(?:\+srv)?:\/\/(?:[^@/?#\s]*@)?[^@/?#\s]+(?:\/[^?#\s]*)?(?:\?[^#\s]*)?$/i;
const hostAndPort = /^(?:([a-z0-9_.-]+)|\[([0-9a-f:.]+)\])(?::(\d{1,5}))?$/i;

/**
 * Reads a connection string; undefined where it is malformed. `URL` would not do: it refuses lists of hosts, and its errors
 * keep the whole text, password included.
 */
export function parseConnectionUrl(text: string): ConnectionUrl | undefined {
  if (/^memory:(?:\/\/)?$/i.test(text)) return { kind: 'memory' };
  if (mongo.test(text)) return { kind: 'mongo', uri: text };
  return parseRedisUrl(text);
}

/** Reads one of the Redis schemes; undefined where it is malformed. */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const scheme = redisScheme.exec(text);
  const parts = /^(?:([^@/?#\s]*)@)?([^@/?#\s]+)(?:\/([^?#\s]*))?$/.exec(text.slice(scheme?.[0].length ?? 0));
  if (scheme === null || parts === null) return undefined;
  const tls = scheme[1] === '' ? undefined : true;
  const topology = scheme[2]?.toLowerCase() === 'sentinel' ? 'sentinel' : scheme[2] === undefined ? 'single' : 'cluster';
  const login = credentials(parts[1]);
  const hosts = parseHosts((parts[2] ?? '').split(','), topology === 'sentinel' ? 26_379 : 6_379);
  const place = placeOf(topology, parts[3] ?? '');
  if (login === undefined || hosts === undefined || place === undefined) return undefined;
  if (topology === 'single' && hosts.length > 1) return undefined;
  return { kind: 'redis', topology, tls, hosts, ...login, ...place };
}

/** `host:port` of each; undefined where one is malformed. */
export function parseHosts(texts: readonly string[], defaultPort: number): readonly HostPort[] | undefined {
  const hosts: HostPort[] = [];
  for (const text of texts) {
    const match = hostAndPort.exec(text);
    const host = match?.[1] ?? match?.[2];
    const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
    if (host === undefined || port < 1 || port > 65_535) return undefined;
    hosts.push({ host, port });
  }
  return hosts.length === 0 ? undefined : hosts;
}

function credentials(text = ''): Pick<RedisUrl, 'username' | 'password'> | undefined {
  const colon = text.indexOf(':');
  try {
    const username = decodeURIComponent(colon === -1 ? text : text.slice(0, colon));
    const password = colon === -1 ? '' : decodeURIComponent(text.slice(colon + 1));
    return { username: username === '' ? undefined : username, password: password === '' ? undefined : password };
  } catch {
    return undefined;
  }
}

/** The part behind the hosts: `db`, for sentinels `master` or `master/db`. */
function placeOf(topology: RedisUrl['topology'], text: string): Pick<RedisUrl, 'masterName' | 'db'> | undefined {
  const [first = '', second = '', ...more] = text.split('/');
  const [masterName, db] = topology === 'sentinel' ? [first, second] : [undefined, first];
  if (more.length > 0 || (topology !== 'sentinel' && second !== '') || masterName === '') return undefined;
  if (masterName !== undefined && !/^[\w.-]+$/.test(masterName)) return undefined;
  if (!/^\d{0,5}$/.test(db)) return undefined;
  return { masterName, db: db === '' ? undefined : Number(db) };
}
