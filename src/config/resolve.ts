import { assertConfig } from './check.js';
import type { ChronowConfig, RedisConfig } from './config.js';
import { parseHosts, parseRedisUrl } from './connection-url.js';
import { backendsNamed, type Beside } from './cross-rules.js';
import { builtIn } from './defaults.js';
import type { RedisBackend, ResolvedBackend, ResolvedConfig, ResolvedDefaults, ResolvedSpaces } from './resolved.js';
import { Secret } from './secret.js';
import { hotMongoUri, secretUrl, warmTier } from './warm-tier.js';

/**
 * Checks a configuration and fills in every default. Without options it is the embedded backend. `beside` is what was handed in with it.
 *
 * @throws ChronowError `CONFIG_INVALID`, with every problem at once.
 */
export function resolveConfig(input: ChronowConfig, beside?: Beside): ResolvedConfig {
  assertConfig(input, (name) => name, { problems: [], bad: new Set(), beside });
  const { warm, spaces } = input;
  return deepFreeze({
    backend: backendOf(input),
    clientDefaults: defaultsOf(input),
    keyPrefix: input.redis?.keyPrefix ?? builtIn.keyPrefix,
    connect: input.connect ?? builtIn.connect,
    connectTimeoutMs: input.connectTimeoutMs ?? builtIn.connectTimeoutMs,
    warm: {
      tier: warmTier(input),
      persist: warm?.persist ?? builtIn.warmPersist,
      upsertStrategy: warm?.upsertStrategy ?? builtIn.warmUpsertStrategy,
      retentionDays: warm?.retentionDays ?? builtIn.warmRetentionDays,
      maxVersions: warm?.maxVersions,
      deliveries: warm?.deliveries ?? builtIn.warmDeliveries,
    },
    allowUnsafe: [...(input.allowUnsafe ?? [])],
    spaces: spaces === undefined ? undefined : spacesOf(spaces),
  });
}

function backendOf(input: ChronowConfig): ResolvedBackend {
  const kind = backendsNamed(input)[0]?.kind ?? 'memory';
  if (kind === 'redis') return redisBackend(input, input.redis ?? {});
  if (kind === 'memory') return { kind: 'memory' };
  const uri = hotMongoUri(input);
  const client = input.mongo?.client;
  return { kind: 'mongo', uri: uri === undefined ? undefined : secretUrl(uri), client: client === undefined ? undefined : new Secret(client, 'a MongoClient'), hotDatabase: builtIn.hotDatabase, changeStreams: input.changeStreams ?? builtIn.changeStreams };
}

function redisBackend({ url, durability }: ChronowConfig, redis: RedisConfig): RedisBackend {
  // A URL at the top wins; nodes of a cluster are more than the one server of redis.url.
  const said = parseRedisUrl(url ?? redis.url ?? '');
  const nodes = url === undefined && redis.clusterNodes !== undefined ? parseHosts(redis.clusterNodes, 6_379) : undefined;
  const password = said?.password ?? redis.password;
  return {
    kind: 'redis',
    topology: nodes === undefined && !isCluster(redis.client) ? (said?.topology ?? 'single') : 'cluster',
    hosts: nodes ?? said?.hosts ?? [],
    masterName: said?.masterName,
    tls: said?.tls ?? redis.tls ?? false,
    caCert: redis.caCert === undefined ? undefined : certificateOf(redis.caCert),
    username: said?.username ?? redis.username,
    password: password === undefined ? undefined : new Secret(password),
    db: said?.db ?? redis.db ?? 0,
    retryMs: redis.retryMs ?? builtIn.redisRetryMs,
    keyspaceEvents: redis.keyspaceEvents ?? builtIn.keyspaceEvents,
    client: redis.client === undefined ? undefined : new Secret(redis.client, 'a client of ioredis'),
    durability: durability === undefined ? undefined : { replicas: durability.replicas, timeoutMs: durability.timeoutMs ?? builtIn.durabilityTimeoutMs },
  };
}

/** A Cluster of ioredis knows its nodes. */
function isCluster(client: RedisConfig['client']): boolean {
  return client !== undefined && 'nodes' in client && typeof client.nodes === 'function';
}

/** A path is shown if it looks like one of a certificate; it may be anything else by mistake. */
function certificateOf(text: string): RedisBackend['caCert'] {
  if (text.includes('-----BEGIN')) return { kind: 'pem', value: new Secret(text, 'PEM text') };
  return { kind: 'path', value: new Secret(text, /^[\w .:/\\-]+\.(?:pem|crt|cer)$/.test(text) ? text : '***') };
}

function defaultsOf({ namespace, tenantId, autoCreate, defaults = {} }: ChronowConfig): ResolvedDefaults {
  const { startFrom } = defaults;
  return {
    scope: { tenantId: tenantId ?? builtIn.tenantId, namespace: namespace ?? builtIn.namespace },
    policy: {
      visibilityTimeoutMs: defaults.visibilityTimeoutMs ?? builtIn.visibilityTimeoutMs,
      maxDeliveries: defaults.maxDeliveries ?? builtIn.maxDeliveries,
      retryBackoffMs: [...(defaults.retryBackoffMs ?? builtIn.retryBackoffMs)],
      deadLetterEnabled: defaults.deadLetterEnabled ?? builtIn.deadLetterEnabled,
      order: defaults.order ?? builtIn.order,
      expired: defaults.expired ?? builtIn.expired,
    },
    limits: {
      maxStreamLen: defaults.maxStreamLen ?? builtIn.maxStreamLen,
      onFull: defaults.onFull ?? builtIn.onFull,
      retentionMs: defaults.retentionMs ?? builtIn.retentionMs,
      idempotencyWindowMs: defaults.idempotencyWindowMs ?? builtIn.idempotencyWindowMs,
      shardCount: defaults.shardCount ?? builtIn.shardCount,
    },
    startFrom: typeof startFrom === 'object' ? { from: startFrom.from } : startFrom,
    maxInFlight: defaults.maxInFlight ?? builtIn.maxInFlight,
    maxLeaseMs: defaults.maxLeaseMs ?? builtIn.maxLeaseMs,
    maxPayloadBytes: defaults.maxPayloadBytes ?? builtIn.maxPayloadBytes,
    maxValueBytes: defaults.maxValueBytes ?? builtIn.maxValueBytes,
    hotTtlSeconds: defaults.hotTtlSeconds,
    autoCreate: autoCreate ?? builtIn.autoCreate,
  };
}

function spacesOf({ accessKey, secretKey, endpoint }: NonNullable<ChronowConfig['spaces']>): ResolvedSpaces {
  return { accessKey: secretOf(accessKey), secretKey: secretOf(secretKey), endpoint };
}

function secretOf(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
