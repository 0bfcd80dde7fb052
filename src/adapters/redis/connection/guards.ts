import { ChronowError, isChronowError } from '../../../errors.js';
import type { BrokerEvent } from '../../../port/events.js';
import { atLeast } from '../../common/version.js';
import type { Commander } from './commander.js';
import { isACluster } from './errors.js';
import { readInfo, type Info } from './info.js';
import type { NodeLine } from './node-line.js';
import type { ConnectionOptions } from './options.js';
import { asList, asNumber, asText } from './reply.js';
import { keysRight, missingRights } from './rights.js';

/** What a check of the servers tells. */
export interface Checked {
  /** The oldest of them, or `unknown`. */
  readonly version: string;
  readonly serverMs: number;
}

type Warn = (event: BrokerEvent) => void;

/** Refuses servers that would lose messages, and those of another kind; warns of what may be meant so. */
export async function checkServers(options: ConnectionOptions, lines: readonly NodeLine[], commander: Commander, warn: Warn): Promise<Checked> {
  const versions = await Promise.all(lines.map((line) => checkServer(options, line, commander, warn)));
  const [line] = lines;
  if (line === undefined) throw new ChronowError('LINK_LOST', 'no master is known', { retryable: true });
  await checkRights(options, line, commander);
  const [seconds, micros] = asList(await commander.commandOver(line, 'time', []));
  const version = versions.reduce((oldest, one) => (isOlder(one, oldest) ? one : oldest));
  return { version, serverMs: asNumber(seconds) * 1_000 + Math.floor(asNumber(micros) / 1_000) };
}

async function checkServer(options: ConnectionOptions, line: NodeLine, commander: Commander, warn: Warn): Promise<string> {
  const info = await infoOf(line, commander);
  if (info === undefined) {
    warn({ type: 'unsafe-setting', setting: 'settings-unreadable', value: 'INFO is denied', advice: 'allow +info: version, eviction and persistence could not be checked, and only what Redis 5.0 can do is used' });
    return 'unknown';
  }
  if (info.get('loading') === '1') throw new ChronowError('LINK_LOST', 'Redis is loading its data', { retryable: true, details: { reason: 'LOADING' } });
  checkKind(options, info);
  checkVersion(options, info, warn);
  checkEviction(options, info, warn);
  await checkPersistence(info, line, commander, warn);
  return info.get('redis_version') ?? 'unknown';
}

async function infoOf(line: NodeLine, commander: Commander): Promise<Info | undefined> {
  try {
    return readInfo(asText(await commander.commandOver(line, 'info', [])));
  } catch (error) {
    if (isChronowError(error, 'BACKEND_UNSAFE')) return undefined;
    throw error;
  }
}

function checkKind({ topology }: ConnectionOptions, info: Info): void {
  const mode = info.get('redis_mode');
  if (mode === 'sentinel') throw new ChronowError('CONFIG_INVALID', 'this is a Redis sentinel, not a server: use redis+sentinel://host:port/master-name', { details: { reason: 'a-sentinel' } });
  if (topology !== 'cluster' && (mode === 'cluster' || info.get('cluster_enabled') === '1')) throw isACluster();
  if (info.get('role') !== 'slave') return;
  // While sentinels or nodes change the master, an old one is met now and then.
  if (topology !== 'single') throw new ChronowError('LINK_LOST', 'the server is a replica', { retryable: true, details: { reason: 'READONLY' } });
  throw new ChronowError('CONFIG_INVALID', `this Redis is a read-only replica of ${info.get('master_host') ?? 'another server'}: connect to its master, or to the sentinels that know it`, { details: { reason: 'a-replica' } });
}

function checkVersion(options: ConnectionOptions, info: Info, warn: Warn): void {
  const version = info.get('redis_version') ?? 'unknown';
  if (version === 'unknown' || atLeast(version, 5, 0)) return;
  refuse(options, 'version', version, 'Redis 5.0 or later is needed: upgrade the server', warn);
}

function checkEviction(options: ConnectionOptions, info: Info, warn: Warn): void {
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction' || Number(info.get('maxmemory') ?? 0) === 0) return;
  refuse(options, 'eviction', policy, 'with maxmemory this policy deletes messages that nobody has settled: set maxmemory-policy noeviction', warn);
}

function refuse({ allowUnsafe = [] }: ConnectionOptions, setting: string, value: string, advice: string, warn: Warn): void {
  if (!allowUnsafe.includes(setting)) throw new ChronowError('BACKEND_UNSAFE', `${setting} is ${value}: ${advice}, or name '${setting}' in allowUnsafe`, { details: { setting, value } });
  warn({ type: 'unsafe-setting', setting, value, advice });
}

async function checkPersistence(info: Info, line: NodeLine, commander: Commander, warn: Warn): Promise<void> {
  if (info.get('aof_enabled') !== '0') return;
  const save = await savePoints(line, commander);
  if (save === undefined) warn({ type: 'unsafe-setting', setting: 'settings-unreadable', value: 'CONFIG GET is denied', advice: 'appendonly is off, and whether there are save points could not be read: allow +config|get, or make sure that a restart keeps the data' });
  else if (save === '') warn({ type: 'unsafe-setting', setting: 'persistence', value: 'none', advice: 'a restart of Redis loses every message: set appendonly yes' });
  else warn({ type: 'unsafe-setting', setting: 'persistence', value: 'snapshots', advice: 'a crash of Redis loses everything since the last snapshot: set appendonly yes' });
}

/** undefined: nobody may tell, as on many managed servers. */
async function savePoints(line: NodeLine, commander: Commander): Promise<string | undefined> {
  try {
    return asText(asList(await commander.commandOver(line, 'config', ['get', 'save']))[1]);
  } catch (error) {
    if (isChronowError(error, 'LINK_LOST')) throw error;
    return undefined;
  }
}

async function checkRights(options: ConnectionOptions, line: NodeLine, commander: Commander): Promise<void> {
  const missing = await missingRights(options, line, commander);
  if (missing.length === 0) return;
  const { keyPrefix = 'cw:' } = options;
  const commands = missing.filter((right) => right !== keysRight).map((name) => `+${name}`).join(' ');
  const keys = missing.includes(keysRight) ? `the key patterns ~${keyPrefix}* and ~{${keyPrefix}*` : '';
  throw new ChronowError('BACKEND_UNSAFE', `the Redis user lacks rights that are needed: add ${[commands, keys].filter((part) => part !== '').join(' and ')} to its ACL (docs/redis.md has the whole list)`, { details: { reason: 'NOPERM', missing } });
}

function isOlder(version: string, than: string): boolean {
  if (version === 'unknown' || than === 'unknown') return version === 'unknown';
  const [major = 0, minor = 0] = than.split('.').map(Number);
  return !atLeast(version, major, minor);
}
