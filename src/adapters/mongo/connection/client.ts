import { MongoClient, ReadConcern, type Db, type Document, type MongoClientOptions, type TopologyDescription } from 'mongodb';
import { ChronowError } from '../../../errors.js';
import type { Runtime } from '../../../port/runtime.js';
import type { ConnectionOptions } from './options.js';
import { failureOf } from './server-error.js';

/** A client of the driver, and who its primary is. */
export class Client {
  readonly #driver: MongoClient;
  readonly #database: string;
  readonly #runtime: Runtime;
  readonly #changed: () => void;
  #topology: TopologyDescription | undefined = undefined;
  #primary: string | undefined = undefined;

  /** `primaryChanged`: another server has become the primary; what waits for the old one may wait for ever. */
  constructor(options: ConnectionOptions, primaryChanged: () => void, overrides: MongoClientOptions = {}) {
    this.#driver = makeClient(options, overrides);
    this.#database = options.database ?? 'chronow_hot';
    this.#runtime = options.runtime;
    this.#changed = primaryChanged;
    this.#driver.on('topologyDescriptionChanged', ({ newDescription }) => { this.#note(newDescription); });
    // An error event that nobody hears ends the process.
    this.#driver.on('error', () => undefined);
  }

  get driver(): MongoClient {
    return this.#driver;
  }

  /** Reads go to the primary and writes to the majority, whatever the URI says. */
  get db(): Db {
    return this.#driver.db(this.#database, { readPreference: 'primary', readConcern: new ReadConcern('local'), writeConcern: { w: 'majority' }, ignoreUndefined: true });
  }

  hello(): Promise<Document> {
    return this.#driver.db('admin').command({ hello: 1 });
  }

  /** Kinds of the servers that are known: `RSPrimary`, `RSGhost`, `Unknown`. */
  kinds(): readonly string[] {
    return [...(this.#topology?.servers.values() ?? [])].map(({ type }) => type);
  }

  get hasPrimary(): boolean {
    return this.#primary !== undefined && this.kinds().some((kind) => kind === 'RSPrimary' || kind === 'Standalone' || kind === 'Mongos' || kind === 'LoadBalanced');
  }

  /** Waits a second at most: the driver says goodbye to a server that may be frozen. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#runtime.at(this.#runtime.now() + 1_000, resolve);
      this.#driver.close().catch(() => undefined).finally(() => {
        cancel();
        resolve();
      });
    });
  }

  #note(topology: TopologyDescription): void {
    this.#topology = topology;
    const primary = [...topology.servers.values()].find(({ type }) => type === 'RSPrimary')?.address;
    if (primary === undefined) {
      this.#primary ??= this.kinds().some((kind) => kind === 'Standalone' || kind === 'Mongos' || kind === 'LoadBalanced') ? 'any' : undefined;
      return;
    }
    const before = this.#primary;
    this.#primary = primary;
    if (before !== undefined && before !== primary) this.#changed();
  }
}

function makeClient({ uri, connectTimeoutMs = 10_000 }: ConnectionOptions, overrides: MongoClientOptions): MongoClient {
  const has = (name: string): boolean => new RegExp(`[?&]${name}=`, 'i').test(uri);
  const waitMs = Math.min(Math.ceil(connectTimeoutMs / 3), 3_000);
  try {
    return new MongoClient(uri, {
      ...(has('appName') ? {} : { appName: 'chronow' }),
      // Trying again is ours, so that what happens is known; the driver waits for a primary for as long.
      serverSelectionTimeoutMS: waitMs,
      ...(has('connectTimeoutMS') ? {} : { connectTimeoutMS: 5_000 }),
      ...(has('heartbeatFrequencyMS') ? {} : { heartbeatFrequencyMS: 2_000 }),
      ...overrides,
    });
  } catch (error) {
    throw new ChronowError('CONFIG_INVALID', `mongo.uri is not one that the driver takes: ${failureOf(error).text}`, { details: { option: 'mongo.uri' } });
  }
}

/** The hosts of a URI, which may be shown. */
export function hostsOf(uri: string): string {
  return /^mongodb(?:\+srv)?:\/\/(?:[^@/?]*@)?([^/?]+)/i.exec(uri)?.[1] ?? 'mongo.uri';
}
