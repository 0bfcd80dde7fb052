import { readFileSync } from 'node:fs';
import { memoryBroker } from './adapters/memory/index.js';
import type { ResolvedConfig } from './config/config.js';
import type { MongoBackend, RedisBackend, WarmTarget } from './config/resolved.js';
import { ChronowError } from './errors.js';
import type { Broker } from './port/broker.js';
import type { BrokerEvent } from './port/events.js';
import type { Runtime } from './port/runtime.js';
import type { WarmStore } from './port/warm-store.js';

/** The backend that a configuration names, not yet opened. Its adapter, and with it the driver, is loaded only here. */
export async function brokerFor(config: ResolvedConfig, runtime: Runtime): Promise<Broker> {
  const { backend } = config;
  if (backend.kind === 'memory') return memoryBroker({ runtime, limits: config.clientDefaults.limits });
  return backend.kind === 'redis' ? redis(config, backend, runtime) : mongo(config, backend, runtime);
}

async function mongo({ keyPrefix, connectTimeoutMs, allowUnsafe, clientDefaults }: ResolvedConfig, { uri, client, hotDatabase, changeStreams }: MongoBackend, runtime: Runtime): Promise<Broker> {
  const { mongoBroker } = await import('./adapters/mongo/index.js').catch((error: unknown) => {
    throw missingDriver(error, 'mongodb', 'mongo') ?? error;
  });
  return mongoBroker({ uri: uri?.reveal(), client: client?.reveal(), database: hotDatabase, changeStreams, keyPrefix, connectTimeoutMs, allowUnsafe, runtime, limits: clientDefaults.limits });
}

async function redis({ keyPrefix, connectTimeoutMs, allowUnsafe, clientDefaults }: ResolvedConfig, backend: RedisBackend, runtime: Runtime): Promise<Broker> {
  const { redisBroker } = await import('./adapters/redis/index.js').catch((error: unknown) => {
    throw missingDriver(error, 'ioredis', 'redis') ?? error;
  });
  const { topology, hosts, masterName, tls, caCert, username, password, db, retryMs, durability, keyspaceEvents, client } = backend;
  return redisBroker({
    topology,
    hosts,
    masterName,
    tls,
    ca: caCert === undefined ? undefined : certificate(caCert),
    username,
    password: password?.reveal(),
    db,
    retryMs,
    durability,
    keyspaceEvents,
    client: client?.reveal(),
    keyPrefix,
    connectTimeoutMs,
    allowUnsafe,
    runtime,
    limits: clientDefaults.limits,
  });
}

/** The warm tier that a configuration names, not yet connected; undefined: none. */
export async function warmStoreFor({ warm: { tier, deliveries } }: ResolvedConfig, runtime: Runtime, report: (event: BrokerEvent) => void): Promise<WarmStore | undefined> {
  if (tier === undefined) return undefined;
  const plain = ({ uri, database }: WarmTarget): { readonly uri: string; readonly database: string } => ({ uri: uri.reveal(), database });
  const tenants = new Map(tier.tenants.map((tenant) => [tenant.tenantId, plain(tenant)]));
  const others = tier.others === undefined ? undefined : plain(tier.others);
  if (tier.driver === 'chronos') {
    const { chronosWarmStore } = await import('./adapters/chronos/index.js');
    return chronosWarmStore({ tenants, others, config: tier.chronosConfig?.reveal(), captureDeliveries: deliveries, runtime, report });
  }
  const { mongoWarmStore } = await import('./adapters/mongo/index.js').catch((error: unknown) => {
    throw missingDriver(error, 'mongodb', 'warm tier on mongo') ?? error;
  });
  return mongoWarmStore({ tenants, others, runtime, report });
}

/** A path is read at each connect, so that a renewed certificate counts. */
function certificate({ kind, value }: NonNullable<RedisBackend['caCert']>): string | (() => string) {
  if (kind === 'pem') return value.reveal();
  const read = (): string => {
    try {
      return readFileSync(value.reveal(), 'utf8');
    } catch (cause) {
      throw new ChronowError('CONFIG_INVALID', `redis.caCert: the file ${String(value)} could not be read; give the path of a PEM file, or PEM text`, { cause, details: { option: 'redis.caCert' } });
    }
  };
  // A wrong path is told at init, not at the first reconnect.
  read();
  return read;
}

/** What to do where an optional driver is not installed; undefined where something else went wrong. */
function missingDriver(error: unknown, driver: string, backend: string): ChronowError | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes(driver)) return undefined;
  return new ChronowError('CONFIG_INVALID', `the ${backend} backend needs ${driver}, which is not installed; run: npm install ${driver}`, { cause: error, details: { backend, driver } });
}
