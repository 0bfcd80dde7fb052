import { MongoClient, ReadConcern, type Db, type DbOptions, type Document, type MongoClientOptions, type TopologyDescription } from 'mongodb';
import { ChronowError } from '../../../errors.js';
import type { Runtime } from '../../../port/runtime.js';
import type { ConnectionOptions, DriverClient } from './options.js';
import { uriRefused } from './errors.js';

/** Reads go to the primary and writes to the majority, and values come as they are stored, whatever a URI or a client of somebody else says. */
const databaseOptions: DbOptions = {
  readPreference: 'primary',
  readConcern: new ReadConcern('local'),
  writeConcern: { w: 'majority' },
  ignoreUndefined: true,
  promoteValues: true,
  promoteLongs: true,
  promoteBuffers: false,
  useBigInt64: false,
  bsonRegExp: false,
  serializeFunctions: false,
  raw: false,
};

/** A client of the driver, and who its primary is. */
export class Client {
  readonly #driver: MongoClient;
  readonly #isOurs: boolean;
  readonly #database: string;
  readonly #runtime: Runtime;
  readonly #changed: () => void;
  readonly #listener: (event: { readonly newDescription: TopologyDescription }) => void = ({ newDescription }) => { this.#note(newDescription); };
  #db: Db | undefined = undefined;
  #topology: TopologyDescription | undefined = undefined;
  #primary: string | undefined = undefined;
  #election: string | undefined = undefined;

  /** `primaryChanged`: another server has become the primary; what waits for the old one may wait for ever. */
  constructor(driver: MongoClient, isOurs: boolean, { database = 'chronow_hot', runtime }: ConnectionOptions, primaryChanged: () => void) {
    this.#driver = driver;
    this.#isOurs = isOurs;
    this.#database = database;
    this.#runtime = runtime;
    this.#changed = primaryChanged;
    driver.on('topologyDescriptionChanged', this.#listener);
    // An error event that nobody hears ends the process.
    if (isOurs) driver.on('error', () => undefined);
  }

  get driver(): MongoClient {
    return this.#driver;
  }

  get db(): Db {
    return (this.#db ??= this.#driver.db(this.#database, databaseOptions));
  }

  /** Which election made the primary what it is; undefined: no replica set. The driver hears of another one before it sends anything to whoever won it. */
  get election(): string | undefined {
    return this.#election;
  }

  async hello(): Promise<Document> {
    const hello = await this.#driver.db('admin').command({ hello: 1 }, { readPreference: 'primary' });
    // A client that is connected already tells of its servers only when one changes.
    if (this.#primary === undefined && typeof hello['primary'] === 'string') this.#primary = hello['primary'].toLowerCase();
    if (hello['electionId'] !== undefined) this.#election ??= String(hello['electionId']);
    return hello;
  }

  /** Kinds of the servers that are known: `RSPrimary`, `RSGhost`, `Unknown`. */
  kinds(): readonly string[] {
    return [...(this.#topology?.servers.values() ?? [])].map(({ type }) => type);
  }

  /** Waits a second at most: the driver says goodbye to a server that may be frozen. A client of somebody else stays open. */
  close(): Promise<void> {
    this.#driver.off('topologyDescriptionChanged', this.#listener);
    if (!this.#isOurs) return Promise.resolve();
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
    const found = [...topology.servers.values()].find(({ type }) => type === 'RSPrimary');
    this.#election = found?.electionId?.toString() ?? this.#election;
    const primary = found?.address;
    if (primary === undefined) {
      this.#primary ??= this.kinds().some((kind) => kind === 'Standalone' || kind === 'Mongos' || kind === 'LoadBalanced') ? 'any' : undefined;
      return;
    }
    const before = this.#primary;
    this.#primary = primary;
    if (before !== undefined && before !== primary) this.#changed();
  }
}

/** The client for work: the one that was handed in, else one of our own. */
export function workClient(options: ConnectionOptions, primaryChanged: () => void): Client {
  const { client } = options;
  if (client === undefined) return new Client(makeClient(options, {}), true, options, primaryChanged);
  if (isDriver(client)) return new Client(client, false, options, primaryChanged);
  throw new ChronowError('CONFIG_INVALID', 'mongo.client is no MongoClient of mongodb 6.20 or 7', { details: { option: 'mongo.client' } });
}

/** One for the change stream: what streams hold open is no part of the pool for work. Without a URI the one that was handed in. */
export function streamClient(options: ConnectionOptions, overrides: MongoClientOptions, primaryChanged: () => void): Client {
  return options.uri === undefined ? workClient(options, primaryChanged) : new Client(makeClient(options, overrides), true, options, primaryChanged);
}

function makeClient({ uri, connectTimeoutMs = 10_000 }: ConnectionOptions, overrides: MongoClientOptions): MongoClient {
  if (uri === undefined) throw new ChronowError('CONFIG_INVALID', 'mongo.uri or mongo.client is needed', { details: { option: 'mongo.uri' } });
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
    throw uriRefused(uri, error);
  }
}

/** By its shape: instanceof would refuse a client of another copy of the driver. */
function isDriver(client: DriverClient): client is MongoClient {
  return ['connect', 'db', 'startSession', 'on', 'off', 'close'].every((name) => typeof Reflect.get(client, name) === 'function');
}

/** Whether it speaks to one server, whatever its set says. */
export function isDirect({ uri, client }: Pick<ConnectionOptions, 'uri' | 'client'>): boolean {
  return client === undefined ? /[?&]directConnection=true/i.test(uri ?? '') : Reflect.get(client.options, 'directConnection') === true;
}

/** Where the deployment is, as it may be shown. */
export function hostsOf({ uri, client }: Pick<ConnectionOptions, 'uri' | 'client'>): string {
  if (client !== undefined) {
    const hosts: unknown = Reflect.get(client.options, 'hosts');
    return Array.isArray(hosts) ? hosts.map(String).join(',') : 'the hosts of mongo.client';
  }
  return /^mongodb(?:\+srv)?:\/\/(?:[^@/?]*@)?([^/?]+)/i.exec(uri ?? '')?.[1] ?? 'mongo.uri';
}
