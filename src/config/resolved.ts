import type { Scope } from '../port/names.js';
import type { StartPosition, SubscriptionPolicy, TopicLimits } from '../port/policy.js';
import type { UpsertStrategy } from '../port/warm-store.js';
import type { ChronosConfig } from './chronos-config.js';
import type { MongoDriverClient } from './mongo-client.js';
import type { RedisClient } from './redis-client.js';
import type { Secret } from './secret.js';

/** A configuration with every default filled in. Frozen; prints without secrets. */
export interface ResolvedConfig {
  readonly backend: ResolvedBackend;
  readonly clientDefaults: ResolvedDefaults;
  /** Begins every key of the Redis backend. */
  readonly keyPrefix: string;
  readonly connect: 'wait' | 'background';
  readonly connectTimeoutMs: number;
  readonly warm: ResolvedWarm;
  readonly allowUnsafe: readonly string[];
  readonly spaces: ResolvedSpaces | undefined;
}

export type ResolvedBackend = { readonly kind: 'memory' } | RedisBackend | MongoBackend;

export interface RedisBackend {
  readonly kind: 'redis';
  readonly topology: 'single' | 'sentinel' | 'cluster';
  /** The server; for a sentinel the sentinels, for a cluster some of its nodes. */
  readonly hosts: readonly HostPort[];
  /** The name of the master that the sentinels watch. */
  readonly masterName: string | undefined;
  readonly tls: boolean;
  /** Read when connecting, so that a renewed certificate counts; undefined: the system's authorities. */
  readonly caCert: { readonly kind: 'path' | 'pem'; readonly value: Secret } | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly db: number;
  readonly retryMs: number;
  readonly keyspaceEvents: 'auto' | 'enable' | 'off';
  /** Of the caller's; where it is there, it says hosts, login and TLS. */
  readonly client: Secret<RedisClient> | undefined;
  readonly durability: { readonly replicas: number; readonly timeoutMs: number } | undefined;
}

export interface MongoBackend {
  readonly kind: 'mongo';
  /** undefined: only the client knows. */
  readonly uri: Secret | undefined;
  /** Of the caller's. */
  readonly client: Secret<MongoDriverClient> | undefined;
  readonly hotDatabase: string;
  readonly changeStreams: 'auto' | 'required' | 'off';
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** The same as `ClientDefaults` of the topic room, and where a new subscription begins. */
export interface ResolvedDefaults {
  readonly scope: Scope;
  readonly policy: SubscriptionPolicy;
  readonly limits: TopicLimits;
  /** undefined: `earliest`, for a subscription without a name `latest`. */
  readonly startFrom: StartPosition | undefined;
  readonly maxInFlight: number;
  readonly maxLeaseMs: number;
  readonly maxPayloadBytes: number;
  readonly maxValueBytes: number;
  readonly hotTtlSeconds: number | undefined;
  readonly autoCreate: boolean;
}

export interface ResolvedWarm {
  /** undefined: there is no warm tier. */
  readonly tier: WarmTier | undefined;
  readonly persist: boolean | 'required';
  readonly upsertStrategy: UpsertStrategy;
  readonly retentionDays: number;
  /** undefined: unlimited. */
  readonly maxVersions: number | undefined;
  /** Whether settled deliveries are kept. */
  readonly deliveries: boolean;
}

export interface WarmTier {
  readonly driver: 'mongo' | 'chronos';
  /** By tenant. A tenant that is not here goes to `others`; where that is undefined, it is unknown. */
  readonly tenants: readonly (WarmTarget & { readonly tenantId: string })[];
  readonly others: WarmTarget | undefined;
  /** As it was given; for the chronos driver only. */
  readonly chronosConfig: Secret<ChronosConfig> | undefined;
}

export interface WarmTarget {
  readonly uri: Secret;
  readonly database: string;
}

export interface ResolvedSpaces {
  readonly accessKey: Secret | undefined;
  readonly secretKey: Secret | undefined;
  readonly endpoint: string | undefined;
}
