import type { OnFull, Order, ExpiredAction, StartPosition } from '../port/policy.js';
import type { UpsertStrategy } from '../port/warm-store.js';
import type { ChronosOptions } from './chronos-config.js';
import type { MongoDriverClient } from './mongo-client.js';
import type { RedisClient } from './redis-client.js';

export type { ChronosConfig, ChronosMessaging, ChronosOptions, ChronosTenant } from './chronos-config.js';
export type { ResolvedBackend, ResolvedConfig, ResolvedDefaults, ResolvedWarm, WarmTarget } from './resolved.js';

/**
 * The argument of `Chronow.init()`. Nothing named is the embedded backend; `url`, or `redis`, or `mongoOnly: true` with
 * `mongo` or `chronos`, names another. Every option with its default, bounds and variable is in docs/configuration.md.
 */
export interface ChronowConfig {
  /** `memory:`, `redis://`, `rediss://`, `redis+sentinel://`, `redis+cluster://`, `mongodb://` or `mongodb+srv://`. Wins over `redis` and `mongo` of the same backend. */
  readonly url?: string | undefined;
  readonly redis?: RedisConfig | undefined;
  /** MongoDB is the backend; no Redis. Default: false. */
  readonly mongoOnly?: boolean | undefined;
  readonly mongo?: MongoConfig | undefined;
  readonly chronos?: ChronosOptions | undefined;
  /** Where calls mean that name no namespace. Default: `default`. */
  readonly namespace?: string | undefined;
  /** Where calls mean that name no tenant. Default: `default`. */
  readonly tenantId?: string | undefined;
  /** Topics and subscriptions come into being with their first use. Default: true. */
  readonly autoCreate?: boolean | undefined;
  /** `background`: `init` resolves at once and connects behind it. Default: `wait`. */
  readonly connect?: 'wait' | 'background' | undefined;
  /** How long `init` waits for the backend, ms, 1 or more. Default: 10 000. */
  readonly connectTimeoutMs?: number | undefined;
  /** What calls do that name nothing. */
  readonly defaults?: DefaultsConfig | undefined;
  readonly warm?: WarmConfig | undefined;
  /** Settings of a server that are refused unless their name is listed here. Default: none. */
  readonly allowUnsafe?: readonly string[] | undefined;
  readonly durability?: DurabilityConfig | undefined;
  /** How MongoDB wakes consumers. Default: `auto`: change streams where the server has them, else polling. */
  readonly changeStreams?: 'auto' | 'required' | 'off' | undefined;
  readonly spaces?: SpacesConfig | undefined;
}

export interface RedisConfig {
  /** `redis://user:password@host:6379/0`, or another of the Redis schemes. */
  readonly url?: string | undefined;
  /** Default: false; `rediss://` is always TLS. */
  readonly tls?: boolean | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** 0-65 535. Default: what the URL says, else 0. */
  readonly db?: number | undefined;
  /** Begins every key: up to 64 printable characters, none of `{ } * ? [ ] \` and no space. Default: `cw:`. */
  readonly keyPrefix?: string | undefined;
  /** The longest delay between two attempts to reconnect, ms, 1 or more. Default: 1 000. */
  readonly retryMs?: number | undefined;
  /** `host:port` of some nodes of a cluster. */
  readonly clusterNodes?: readonly string[] | undefined;
  /** The certificate authority of TLS: a path, or PEM text. Default: the system's. */
  readonly caCert?: string | undefined;
  /**
   * A client of ioredis (5.11 or later, 6) of your own, `Redis` or `Cluster`, without a keyPrefix. Hosts, login and TLS come from it. It is duplicated, never
   * used for commands, and stays yours to close. Default: none.
   */
  readonly client?: RedisClient | undefined;
  /**
   * Keyspace notifications tell watchers at once what other programs write. `auto`: used where the server sends them. `enable`: where it does not, they are
   * switched on (CONFIG SET, adding to what is set). `off`: not used; a slow reading finds it. Default: `auto`.
   */
  readonly keyspaceEvents?: 'auto' | 'enable' | 'off' | undefined;
}

export interface MongoConfig {
  /** `mongodb://` or `mongodb+srv://`. The backend with `mongoOnly: true`, the warm tier beside Redis. */
  readonly uri?: string | undefined;
  /**
   * A MongoClient (6.20 or later, 7) of your own, with `mongoOnly: true`. Messages and values are read and written by it; it stays yours to close. Beside a
   * `uri` the change stream has a client of its own, without one it uses this one. Default: none.
   */
  readonly client?: MongoDriverClient | undefined;
}

/** What calls do that name nothing. */
export interface DefaultsConfig {
  /** How long a lease lasts without renewal, ms, 1 or more. Default: 30 000. */
  readonly visibilityTimeoutMs?: number | undefined;
  /** A message is handed out at most this often, 1 or more. Default: 5. */
  readonly maxDeliveries?: number | undefined;
  /** Delay before each redelivery, ms; the last one repeats. Default: 1 000, 5 000, 30 000. */
  readonly retryBackoffMs?: readonly number[] | undefined;
  /** false: a spent message is dropped, with an event. Default: true. */
  readonly deadLetterEnabled?: boolean | undefined;
  /** Default: `none`. */
  readonly order?: Order | undefined;
  /** What happens to a message whose time to live ended. Default: `dead-letter`. */
  readonly expired?: ExpiredAction | undefined;
  /** Where a new subscription begins. Default: `earliest`; without a name `latest`. */
  readonly startFrom?: StartPosition | undefined;
  /** 1-1 024. Default: 1. */
  readonly shardCount?: number | undefined;
  /** The most deliveries unsettled at once, 1-100 000. Default: 32. */
  readonly maxInFlight?: number | undefined;
  /** The longest time a lease is renewed, ms, at least `visibilityTimeoutMs`, or Infinity. Default: 3 600 000. */
  readonly maxLeaseMs?: number | undefined;
  /** Of an encoded payload, bytes, 1 or more. Default: 262 144. */
  readonly maxPayloadBytes?: number | undefined;
  /** Of an encoded shared value, bytes, 1 or more. Default: 262 144. */
  readonly maxValueBytes?: number | undefined;
  /** The most messages some durable subscription may leave unsettled, 1 or more. Default: 100 000. */
  readonly maxStreamLen?: number | undefined;
  /** Default: `reject`. */
  readonly onFull?: OnFull | undefined;
  /** How long settled messages stay readable, ms, 0 or more. Default: 7 days. */
  readonly retentionMs?: number | undefined;
  /** How long an idempotency key is remembered, ms, 0 or more. Default: 10 minutes. */
  readonly idempotencyWindowMs?: number | undefined;
  /** Time to live of shared values in the hot tier, seconds, above 0. Default: none. */
  readonly hotTtlSeconds?: number | undefined;
}

/** What the warm tier keeps where a call names nothing. */
export interface WarmConfig {
  /** `mongo`: the built-in store. `chronos`: the chronos-db package. Default: `mongo`. */
  readonly driver?: 'mongo' | 'chronos' | undefined;
  /** Default: false. */
  readonly persist?: boolean | 'required' | undefined;
  /** Default: `latest`. */
  readonly upsertStrategy?: UpsertStrategy | undefined;
  /** 1 or more. Default: 30. */
  readonly retentionDays?: number | undefined;
  /** 1 or more. Default: unlimited. */
  readonly maxVersions?: number | undefined;
  /** How each delivery was settled that this client settles; needs a warm tier. Default: false. */
  readonly deliveries?: boolean | undefined;
}

/** Publishing waits until so many replicas have the messages (Redis). */
export interface DurabilityConfig {
  /** 1-100. */
  readonly replicas: number;
  /** How long to wait for them, ms, 1 or more. Default: 1 000. */
  readonly timeoutMs?: number | undefined;
}

/** Where large payloads go. */
export interface SpacesConfig {
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
  readonly endpoint?: string | undefined;
}
