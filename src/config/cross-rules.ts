import { chronosProblems } from './chronos.js';
import type { ChronowConfig } from './config.js';
import { parseConnectionUrl, parseRedisUrl } from './connection-url.js';
import { builtIn } from './defaults.js';
import type { ConfigProblem } from './problems.js';
import { redacted } from './redact.js';
import { hotMongoUri } from './warm-tier.js';

/** What was handed in beside a configuration. */
export interface Beside {
  /** A warm tier of the caller's: the configuration need not name one. */
  readonly ownWarmTier: boolean;
}

/** A rule about more than one option. It is not asked where one that it reads is wrong in itself. */
interface CrossRule {
  readonly reads: readonly string[];
  /** What is asked after it would read what it found wrong. */
  readonly endsAll?: true;
  readonly find: (config: ChronowConfig, label: (name: string) => string, beside: Beside) => readonly ConfigProblem[];
}

type Find = CrossRule['find'];

/** Which backends a configuration names, each with the option that names it. */
export function backendsNamed({ url, redis, mongoOnly }: ChronowConfig): readonly { readonly kind: 'memory' | 'redis' | 'mongo'; readonly by: string }[] {
  const parsed = url === undefined ? undefined : parseConnectionUrl(url);
  return [
    ...(parsed === undefined ? [] : [{ kind: parsed.kind, by: 'url' }]),
    ...(redis?.url === undefined ? [] : [{ kind: 'redis' as const, by: 'redis.url' }]),
    ...(redis?.clusterNodes === undefined ? [] : [{ kind: 'redis' as const, by: 'redis.clusterNodes' }]),
    ...(redis?.client === undefined ? [] : [{ kind: 'redis' as const, by: 'redis.client' }]),
    ...(mongoOnly === true ? [{ kind: 'mongo' as const, by: 'mongoOnly' }] : []),
  ];
}

const oneBackend: Find = (config, label) => {
  const named = backendsNamed(config);
  if (new Set(named.map(({ kind }) => kind)).size > 1) return [{ name: named.map(({ by }) => label(by)).join(', '), received: named.map(({ kind }) => kind).join(', '), expected: 'one backend; leave out what names the others' }];
  if (named.length > 0) return [];
  const lone = config.redis !== undefined ? 'redis' : config.mongo?.uri !== undefined || config.mongo?.client !== undefined ? 'mongo' : config.chronos !== undefined ? 'chronos' : config.durability !== undefined ? 'durability' : undefined;
  if (lone === undefined) return [];
  return [{ name: label(lone), received: 'options of a backend that nothing names', expected: lone === 'redis' || lone === 'durability' ? `${label('redis.url')}, ${label('redis.clusterNodes')} or ${label('redis.client')}` : `${label('mongoOnly')} true (MongoDB is the backend), ${label('redis.url')} (it is the warm tier), or ${label('url')} memory:` }];
};

const mongoHasUri: Find = (config, label) => {
  if (backendsNamed(config)[0]?.kind !== 'mongo' || hotMongoUri(config) !== undefined || config.mongo?.client !== undefined) return [];
  if (config.chronos === undefined) return [{ name: label('mongo.uri'), received: 'nothing', expected: `${label('mongo.uri')}, ${label('mongo.client')} or ${label('chronos.config')}, since MongoDB is the backend` }];
  return [{ name: 'chronos.config.databases.messaging.tenantDatabases', received: `no entry for the tenant ${redacted(config.tenantId ?? builtIn.tenantId, false)}`, expected: `one for it (its connection holds the hot tier), or ${label('mongo.uri')}` }];
};

/** The warm tier goes by addresses alone. */
const clientIsOfTheBackend: Find = (config, label) => {
  const kind = backendsNamed(config)[0]?.kind;
  if (config.mongo?.client === undefined || kind === undefined || kind === 'mongo') return [];
  return [{ name: label('mongo.client'), received: `the ${kind} backend`, expected: `the MongoDB backend; the warm tier takes ${label('mongo.uri')}` }];
};

const sayOnce: Find = ({ url, redis }, label) => {
  const said = url === undefined && redis?.url !== undefined ? parseRedisUrl(redis.url) : undefined;
  if (said === undefined || redis === undefined) return [];
  const problems: ConfigProblem[] = [];
  // Not of TLS: "tls: process.env.REDIS_TLS === 'true'" beside rediss:// is frequent, and TLS stays on.
  for (const part of ['username', 'password', 'db'] as const) {
    const inUrl = said[part];
    if (redis[part] === undefined || inUrl === undefined || redis[part] === inUrl) continue;
    problems.push({ name: label(`redis.${part}`), received: redacted(redis[part], part === 'password'), expected: `what ${label('redis.url')} says (${redacted(inUrl, part === 'password')}), or only one of the two` });
  }
  if (said.topology === 'sentinel' && redis.clusterNodes !== undefined) problems.push({ name: label('redis.clusterNodes'), received: redacted(redis.clusterNodes, false), expected: `nothing, since ${label('redis.url')} names sentinels` });
  return problems;
};

const userHasPassword: Find = ({ url, redis }, label) => {
  const said = parseRedisUrl(url ?? redis?.url ?? '');
  // A password in the place of the user is a frequent slip; ignored, it would end in an unexplained NOAUTH.
  if ((said?.username ?? redis?.username) === undefined || (said?.password ?? redis?.password) !== undefined) return [];
  const name = said?.username === undefined ? 'redis.username' : url === undefined ? 'redis.url' : 'url';
  return [{ name: label(name), received: 'a user without a password', expected: `user:password@ or :password@ in the URL, or ${label('redis.password')} beside it` }];
};

/** Two ways to say where the server is would leave open which one holds. */
const clientSaysAll: Find = ({ url, redis }, label) => {
  if (redis?.client === undefined) return [];
  const doubled = (['url', 'clusterNodes', 'username', 'password', 'db', 'tls', 'caCert'] as const).filter((name) => redis[name] !== undefined).map((name) => label(`redis.${name}`));
  if (url !== undefined) doubled.unshift(label('url'));
  return doubled.length === 0 ? [] : [{ name: doubled.join(', '), received: 'values', expected: `nothing, since ${label('redis.client')} says where the server is and how to log in` }];
};

const clusterHasOneDb: Find = ({ url, redis }, label) => {
  const said = parseRedisUrl(url ?? redis?.url ?? '');
  const isCluster = said?.topology === 'cluster' || (url === undefined && redis?.clusterNodes !== undefined);
  const db = said?.db ?? redis?.db ?? 0;
  return isCluster && db !== 0 ? [{ name: label(said?.db === undefined ? 'redis.db' : url === undefined ? 'redis.url' : 'url'), received: `database ${String(db)}`, expected: 'database 0, the only one of a cluster' }] : [];
};

const strictHasOneShard: Find = ({ defaults }, label) => (defaults?.order === 'strict' && (defaults.shardCount ?? builtIn.shardCount) > 1
  ? [{ name: label('defaults.shardCount'), received: String(defaults.shardCount), expected: `1, since ${label('defaults.order')} is 'strict'` }] : []);

const leaseOutlivesTimeout: Find = ({ defaults }, label) => {
  const { visibilityTimeoutMs = builtIn.visibilityTimeoutMs, maxLeaseMs = builtIn.maxLeaseMs } = defaults ?? {};
  if (maxLeaseMs >= visibilityTimeoutMs) return [];
  return [{ name: label('defaults.maxLeaseMs'), received: `${String(maxLeaseMs)}${defaults?.maxLeaseMs === undefined ? ' (the default)' : ''}`, expected: `${String(visibilityTimeoutMs)} (${label('defaults.visibilityTimeoutMs')}) or more` }];
};

const durabilityIsWhole: Find = (config, label) => {
  if (config.durability === undefined) return [];
  const kind = backendsNamed(config)[0]?.kind;
  if (kind !== undefined && kind !== 'redis') return [{ name: label('durability'), received: `the ${kind} backend`, expected: 'the Redis backend, the only one with replicas to wait for' }];
  return config.durability.replicas === undefined ? [{ name: label('durability.replicas'), received: 'nothing', expected: 'a whole number, 1 to 100' }] : [];
};

const warmIsThere: Find = ({ url, mongo, mongoOnly, chronos, warm }, label, { ownWarmTier }) => {
  const problems: ConfigProblem[] = [];
  const hasTier = ownWarmTier || mongo?.uri !== undefined || chronos !== undefined || (mongoOnly === true && mongo?.client === undefined) || (url !== undefined && parseConnectionUrl(url)?.kind === 'mongo');
  const needs = (name: string, received: string): ConfigProblem => ({ name: label(name), received: `${received} without a warm tier`, expected: `${label('mongo.uri')} or ${label('chronos.config')} beside it` });
  if (warm?.persist === 'required' && !hasTier) problems.push(needs('warm.persist', "'required'"));
  if (warm?.deliveries === true && !hasTier) problems.push(needs('warm.deliveries', 'true'));
  if (warm?.driver === 'chronos' && chronos === undefined) problems.push({ name: label('warm.driver'), received: `'chronos' without ${label('chronos.config')}`, expected: 'both' });
  return problems;
};

const chronosIsWhole: Find = ({ chronos }) => (chronos === undefined ? [] : chronosProblems(chronos));

const naming = ['url', 'redis.url', 'redis.clusterNodes', 'redis.client', 'mongoOnly'];
const rules: readonly CrossRule[] = [
  { reads: [...naming, 'mongo.uri', 'mongo.client'], find: oneBackend },
  { reads: ['chronos.config'], find: chronosIsWhole, endsAll: true },
  { reads: [...naming, 'mongo.uri', 'mongo.client', 'chronos.config', 'tenantId'], find: mongoHasUri },
  { reads: [...naming, 'mongo.client'], find: clientIsOfTheBackend },
  { reads: ['url', 'redis.url', 'redis.username', 'redis.password', 'redis.db', 'redis.clusterNodes'], find: sayOnce },
  { reads: ['url', 'redis.url', 'redis.username', 'redis.password'], find: userHasPassword },
  { reads: ['url', 'redis.url', 'redis.db', 'redis.clusterNodes'], find: clusterHasOneDb },
  { reads: ['url', 'redis.client'], find: clientSaysAll },
  { reads: ['defaults.order', 'defaults.shardCount'], find: strictHasOneShard },
  { reads: ['defaults.visibilityTimeoutMs', 'defaults.maxLeaseMs'], find: leaseOutlivesTimeout },
  { reads: [...naming, 'durability.replicas'], find: durabilityIsWhole },
  { reads: ['url', 'mongo.uri', 'mongo.client', 'mongoOnly', 'chronos.config', 'warm.persist', 'warm.deliveries', 'warm.driver'], find: warmIsThere },
];

/** What is wrong between options that are right in themselves. */
export function crossProblems(input: object, bad: ReadonlySet<string>, label: (name: string) => string, beside: Beside): readonly ConfigProblem[] {
  // Whatever is not as its type says is in `bad`, and no rule that reads it is asked.
  const config = input as ChronowConfig;
  const isBad = (name: string): boolean => bad.has(name) || bad.has(name.slice(0, Math.max(0, name.indexOf('.'))));
  const problems: ConfigProblem[] = [];
  for (const { reads, find, endsAll } of rules) {
    if (reads.some(isBad)) continue;
    const found = find(config, label, beside);
    problems.push(...found);
    if (endsAll === true && found.length > 0) break;
  }
  return problems;
}
