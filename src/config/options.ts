import type { OptionRule } from '../options/check-options.js';
import { boolean, listOf, number, oneOf, text, wholeNumber, wholeNumberOrInfinity } from '../options/rules.js';
import { builtIn } from './defaults.js';
import { anyUrl, certificate, endpoint, keyPrefix, mongoClient, mongoUri, named, nodeList, plainObject, redisClient, redisUrl, someText, startFrom } from './rules.js';

/** One option: all that is known of it. Validation, variables and docs/configuration.md are made from these rows. */
export interface OptionRow {
  /** Its path in the argument of `Chronow.init()`. */
  readonly name: string;
  /** How the text of a variable becomes a value. */
  readonly kind: 'text' | 'number' | 'boolean' | 'json';
  /** Bounds and form. */
  readonly rule: OptionRule;
  /** undefined: none; `about` says what that means where it is not plain. */
  readonly default: string | number | boolean | readonly number[] | undefined;
  readonly unit: string | undefined;
  /** The variable that `configFromEnv()` reads it from. */
  readonly env: string | undefined;
  readonly about: string;
  /** Never shown. */
  readonly secret: boolean;
}

type Extra = Partial<Pick<OptionRow, 'default' | 'unit' | 'env' | 'secret' | 'kind'>>;

function row(name: string, rule: OptionRule, about: string, extra: Extra = {}): OptionRow {
  return { kind: 'text', default: undefined, unit: undefined, env: undefined, secret: false, ...extra, name, rule, about };
}

const most = Number.MAX_SAFE_INTEGER;
const ms = 'ms';

function whole(name: string, min: number, max: number, about: string, extra: Extra = {}): OptionRow {
  return row(name, wholeNumber(min, max), about, { kind: 'number', ...extra });
}

const backend: readonly OptionRow[] = [
  row('url', anyUrl, 'The backend as one text. Wins over `redis.*` and `mongo.uri` of the same backend; what it does not say (a password, TLS) is taken from them.', { env: 'CHRONOW_URL', secret: true }),
  row('redis.url', redisUrl, 'A Redis server, its sentinels or its cluster.', { env: 'REDIS_URL', secret: true }),
  row('redis.tls', boolean, 'TLS, with the certificate verified. Default: off; `rediss://` is always TLS.', { kind: 'boolean', env: 'REDIS_TLS' }),
  row('redis.username', someText, 'Default: what the URL says.', { env: 'REDIS_USERNAME' }),
  row('redis.password', someText, 'Default: what the URL says.', { env: 'REDIS_PASSWORD', secret: true }),
  whole('redis.db', 0, 65_535, 'Default: what the URL says, else 0. A cluster has only 0.', { env: 'REDIS_DB' }),
  row('redis.keyPrefix', keyPrefix, 'Begins every key.', { default: builtIn.keyPrefix, env: 'REDIS_KEY_PREFIX' }),
  whole('redis.retryMs', 1, most, 'The longest delay between two attempts to reconnect.', { default: builtIn.redisRetryMs, unit: ms, env: 'REDIS_RETRY_MS' }),
  row('redis.clusterNodes', nodeList, 'Some nodes of a cluster. Beside `redis.url`, user and password come from the URL.', { kind: 'json', env: 'REDIS_CLUSTER_NODES' }),
  row('redis.caCert', certificate, "Who signed the server's certificate. Default: the system's authorities.", { env: 'REDIS_CA_CERT', secret: true }),
  row('redis.client', redisClient, 'A client of ioredis of your own. Hosts, login and TLS come from it; it is duplicated and stays yours to close.', { kind: 'json', secret: true }),
  row('redis.keyspaceEvents', oneOf('auto', 'enable', 'off'), 'How watchers learn what other programs write: by notifications where the server sends them, by switching them on (CONFIG SET), or by a slow reading only.', { default: builtIn.keyspaceEvents }),
  row('mongoOnly', boolean, 'MongoDB is the backend; no Redis.', { kind: 'boolean', default: false, env: 'CHRONOW_MONGO_ONLY' }),
  row('mongo.uri', mongoUri, 'The backend with `mongoOnly`; else the warm tier.', { env: 'MONGO_URI', secret: true }),
  row('mongo.client', mongoClient, 'A MongoClient of your own, with `mongoOnly`. Messages and values go by it; it stays yours to close. The change stream has a client of its own where `mongo.uri` is named as well.', { kind: 'json', secret: true }),
  row('changeStreams', oneOf('auto', 'required', 'off'), 'How MongoDB wakes consumers: change streams where the server has them, only by them, or by polling.', { default: builtIn.changeStreams }),
  row('durability.replicas', wholeNumber(1, 100), 'Redis: a publish waits until so many replicas have it.', { kind: 'number' }),
  whole('durability.timeoutMs', 1, most, 'How long it waits for them.', { default: builtIn.durabilityTimeoutMs, unit: ms }),
  row('allowUnsafe', listOf(text(1, 60), 0), 'Settings of a server that are refused unless named here.', { kind: 'json' }),
];

const client: readonly OptionRow[] = [
  row('namespace', named('namespace'), 'Where calls mean that name none.', { default: builtIn.namespace }),
  row('tenantId', named('tenant'), 'Where calls mean that name none.', { default: builtIn.tenantId }),
  row('autoCreate', boolean, 'Topics and subscriptions come into being with their first use.', { default: builtIn.autoCreate, kind: 'boolean' }),
  row('connect', oneOf('wait', 'background'), '`background`: `init` resolves at once and connects behind it.', { default: builtIn.connect }),
  whole('connectTimeoutMs', 1, most, 'How long `init` waits for the backend.', { default: builtIn.connectTimeoutMs, unit: ms }),
];

const defaults: readonly OptionRow[] = [
  whole('defaults.visibilityTimeoutMs', 1, most, 'How long a lease lasts without renewal. On every backend.', { default: builtIn.visibilityTimeoutMs, unit: ms, env: 'REDIS_VISIBILITY_TIMEOUT_MS' }),
  whole('defaults.maxDeliveries', 1, most, 'A message is handed out at most this often.', { default: builtIn.maxDeliveries }),
  row('defaults.retryBackoffMs', listOf(number(0, most), 1), 'Delay before each redelivery; the last one repeats.', { kind: 'json', default: builtIn.retryBackoffMs, unit: ms }),
  row('defaults.deadLetterEnabled', boolean, 'false: a spent message is dropped, with an event.', { kind: 'boolean', default: builtIn.deadLetterEnabled }),
  row('defaults.order', oneOf('none', 'key', 'strict'), '`key`, `strict`: nothing overtakes an unsettled message of the same key, or of any.', { default: 'none' }),
  row('defaults.expired', oneOf('dead-letter', 'drop'), 'What happens to a message whose time to live ended.', { default: 'dead-letter' }),
  row('defaults.startFrom', startFrom, "Where a new subscription begins. Default for one without a name: `latest`.", { default: 'earliest' }),
  whole('defaults.shardCount', 1, 1_024, 'Shards of a new topic.', { default: builtIn.shardCount }),
  whole('defaults.maxInFlight', 1, 100_000, 'The window: the most deliveries unsettled at once, per subscribe().', { default: builtIn.maxInFlight }),
  row('defaults.maxLeaseMs', wholeNumberOrInfinity(1), 'The longest time a lease is renewed; at least the visibility timeout.', { kind: 'number', default: builtIn.maxLeaseMs, unit: ms }),
  whole('defaults.maxPayloadBytes', 1, most, 'Of an encoded payload. On every backend.', { default: builtIn.maxPayloadBytes, unit: 'bytes', env: 'REDIS_MAX_PAYLOAD_BYTES' }),
  whole('defaults.maxValueBytes', 1, most, 'Of an encoded shared value.', { default: builtIn.maxValueBytes, unit: 'bytes' }),
  whole('defaults.maxStreamLen', 1, most, 'The most messages some durable subscription may leave unsettled. On every backend.', { default: builtIn.maxStreamLen, env: 'REDIS_MAX_STREAM_LEN' }),
  row('defaults.onFull', oneOf('reject', 'dropOldest'), 'What a publish does then.', { default: builtIn.onFull }),
  whole('defaults.retentionMs', 0, most, 'How long settled messages stay readable.', { default: builtIn.retentionMs, unit: ms }),
  whole('defaults.idempotencyWindowMs', 0, most, 'How long an idempotency key is remembered.', { default: builtIn.idempotencyWindowMs, unit: ms }),
  row('defaults.hotTtlSeconds', number(Number.MIN_VALUE, most), 'Time to live of shared values in the hot tier, above 0.', { kind: 'number', unit: 's' }),
];

const warm: readonly OptionRow[] = [
  row('chronos.config', plainObject, "The configuration of chronos-db: a list of tenants under `databases.messaging.tenantDatabases`, or one database under `databases.messaging`.", { kind: 'json', secret: true }),
  row('warm.driver', oneOf('mongo', 'chronos'), '`chronos`: the chronos-db package, with `chronos.config`.', { default: builtIn.warmDriver }),
  row('warm.persist', oneOf(true, false, 'required'), 'Shared values and messages are kept; `required`: as part of the call.', { default: builtIn.warmPersist }),
  row('warm.upsertStrategy', oneOf('append', 'latest'), 'Every version, or one document a key.', { default: builtIn.warmUpsertStrategy }),
  whole('warm.retentionDays', 1, 36_500, 'How long they are kept.', { default: builtIn.warmRetentionDays, unit: 'days' }),
  whole('warm.maxVersions', 1, most, 'The most versions of a key. Default: unlimited.'),
  row('warm.deliveries', boolean, 'How each delivery was settled is kept, behind the settlement. Needs a warm tier.', { kind: 'boolean', default: builtIn.warmDeliveries }),
  row('spaces.accessKey', someText, 'Where large payloads go: an S3 access key.', { env: 'SPACE_ACCESS_KEY', secret: true }),
  row('spaces.secretKey', someText, 'Its secret.', { env: 'SPACE_SECRET_KEY', secret: true }),
  row('spaces.endpoint', endpoint, 'Its server.', { env: 'SPACE_ENDPOINT' }),
];

/** Every option of `Chronow.init()`, in the order of the docs. */
export const optionRows: readonly OptionRow[] = [...backend, ...client, ...defaults, ...warm];

/** What a value of the option must be, in words. */
export function expectedOf({ rule }: OptionRow): string {
  // No rule accepts a symbol.
  return rule(Symbol('expected')) ?? 'anything';
}
