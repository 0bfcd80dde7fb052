import { Timestamp, type Document } from 'mongodb';
import { ChronowError, isChronowError } from '../../../errors.js';
import type { BrokerEvent } from '../../../port/events.js';
import type { ServerClock } from '../../common/server-clock.js';
import { atLeast } from '../../common/version.js';
import { hostsOf, isDirect, type Client } from './client.js';
import { asChronowError, closedError, loginFailure, unreachable } from './errors.js';
import type { ConnectionOptions } from './options.js';
import { baselineProbes, probesOf, type Probes } from './probes.js';
import { failureOf, type Failure } from './server-error.js';
import { checkFormat, missingRights, setUpIndexes, whyNoChangeStream } from './set-up.js';

/** What is let pass. */
export type UnsafeSetting = Extract<BrokerEvent, { readonly type: 'unsafe-setting' }>;

/** Waits for a primary to be there, and checks the deployment. */
export class Admission {
  probes: Probes = baselineProbes;
  isAdmitted = false;
  /** Whether change streams are to be used. */
  hasChangeStreams = false;
  readonly #options: ConnectionOptions;
  readonly #client: Client;
  readonly #clock: ServerClock;
  readonly #warn: (event: UnsafeSetting) => void;
  #lastFailure: Failure | undefined = undefined;
  #isClosed = false;

  constructor(options: ConnectionOptions, client: Client, clock: ServerClock, warn: (event: UnsafeSetting) => void) {
    this.#options = options;
    this.#client = client;
    this.#clock = clock;
    this.#warn = warn;
  }

  /** Goes on until it is known: a primary that comes later is checked then. */
  async admit(failed: (failure: Failure) => void): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#check();
        this.isAdmitted = true;
        return;
      } catch (error) {
        if (isChronowError(error) && !error.retryable) throw error;
        const failure = isChronowError(error) ? failureOf(error.cause) : failureOf(error);
        const fatal = loginFailure(failure);
        if (fatal !== undefined) throw fatal;
        if (!isChronowError(error) && failure.kind !== 'link' && failure.kind !== 'passing') throw asChronowError(error, 'check of the server');
        this.#lastFailure = failure;
        failed(failure);
        await this.#pause(250);
      }
    }
    throw closedError('open');
  }

  /** The same, for at most the time to connect. */
  within(admitted: Promise<void>): Promise<void> {
    const { runtime, connectTimeoutMs = 10_000 } = this.#options;
    return new Promise((resolve, reject) => {
      // A little before the caller's own limit, which knows no reason.
      const cancel = runtime.at(runtime.now() + Math.floor(connectTimeoutMs * 0.95), () => { reject(unreachable(hostsOf(this.#options), this.#lastFailure, this.#seen())); });
      admitted.then(resolve, reject).finally(cancel).catch(() => undefined);
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  async #check(): Promise<void> {
    await this.#client.driver.connect();
    const { runtime } = this.#options;
    const askedAt = runtime.now();
    const hello = await this.#client.hello();
    observe(this.#clock, hello, runtime.now() - askedAt);
    const replicaSet = typeof hello['setName'] === 'string' || hello['msg'] === 'isdbgrid';
    this.#checkPrimary(hello);
    if (this.#options.client !== undefined) await this.#checkCopy();
    const { version } = await this.#client.driver.db('admin').command({ buildInfo: 1 });
    this.probes = Object.freeze({ ...probesOf(String(version), replicaSet), ...this.#options.probes });
    this.#checkVersion(this.probes.version);
    await this.#checkRights();
    await checkFormat(this.#client.db);
    await setUpIndexes(this.#client.db);
    await this.#checkStreams(replicaSet);
  }

  #checkPrimary(hello: Document): void {
    if (hello['isreplicaset'] === true) throw notInitiated();
    if (hello['isWritablePrimary'] === true || hello['ismaster'] === true || hello['msg'] === 'isdbgrid') return;
    if (isDirect(this.#options)) throw new ChronowError('CONFIG_INVALID', 'mongo.uri leads to a member of the replica set that is not its primary: leave directConnection out, and name all members', { details: { reason: 'a-secondary' } });
    throw new ChronowError('LINK_LOST', 'the server is not the primary', { retryable: true, details: { reason: 'NotWritablePrimary' }, cause: new Error('the server is not the primary') });
  }

  /** Times and bytes are objects of our copy of the driver. */
  async #checkCopy(): Promise<void> {
    try {
      await this.#client.driver.db('admin').command({ ping: 1, comment: new Timestamp({ t: 1, i: 1 }) });
    } catch (error) {
      if (failureOf(error).word !== 'BSONVersionError') throw error;
      throw new ChronowError('CONFIG_INVALID', 'mongo.client is of another major version of mongodb than the one that is loaded here: have one version installed', { details: { option: 'mongo.client' } });
    }
  }

  #checkVersion(version: string): void {
    if (atLeast(version, 4, 4)) return;
    this.#refuse('version', version, 'MongoDB 4.4 or later is needed: upgrade the server');
  }

  async #checkRights(): Promise<void> {
    // Nobody is logged in: there is nothing to be denied, or everything, which the next command meets.
    const { authInfo } = await this.#client.driver.db('admin').command({ connectionStatus: 1 });
    const users: unknown = Reflect.get(Object(authInfo), 'authenticatedUsers');
    if (!Array.isArray(users) || users.length === 0) return;
    const missing = await missingRights(this.#client.db);
    if (missing.length === 0) return;
    throw new ChronowError('BACKEND_UNSAFE', `the MongoDB user lacks rights on ${this.#client.db.databaseName} that are needed (${missing.slice(0, 4).join(', ')}${missing.length > 4 ? ', …' : ''}): give it the role readWrite on this database`, { details: { reason: 'Unauthorized', missing } });
  }

  async #checkStreams(replicaSet: boolean): Promise<void> {
    const { changeStreams = 'auto' } = this.#options;
    this.hasChangeStreams = false;
    if (changeStreams === 'off') return;
    const why = replicaSet ? await whyNoChangeStream(this.#client.db) : 'standalone';
    if (why === undefined) {
      this.hasChangeStreams = true;
      return;
    }
    const advice = noStreamAdvice(why, this.#client.db.databaseName);
    if (changeStreams === 'required') throw new ChronowError('BACKEND_UNSAFE', `changeStreams is 'required', and there are none (${why}): ${advice}`, { details: { setting: 'change-streams', value: why } });
    this.#warn({ type: 'unsafe-setting', setting: 'change-streams', value: why, advice: `consumers and watchers poll. ${advice}` });
  }

  #refuse(setting: string, value: string, advice: string): void {
    if (this.#options.allowUnsafe?.includes(setting) !== true) throw new ChronowError('BACKEND_UNSAFE', `${setting} is ${value}: ${advice}, or name '${setting}' in allowUnsafe`, { details: { setting, value } });
    this.#warn({ type: 'unsafe-setting', setting, value, advice });
  }

  /** What is there instead of a primary. */
  #seen(): string | undefined {
    const kinds = this.#client.kinds();
    if (kinds.includes('RSGhost')) return '. The server was started with --replSet and its set was never initiated: run rs.initiate() once';
    if (kinds.includes('RSSecondary')) return '. Its set has no primary now';
    // DNS may have named none at all.
    const isSrv = /^mongodb\+srv:/i.test(this.#options.uri ?? '');
    return kinds.length === 0 && !isSrv ? '. None of these servers is in the replica set that mongo.uri names: correct replicaSet' : undefined;
  }

  #pause(ms: number): Promise<void> {
    const { runtime } = this.#options;
    return new Promise((resolve) => { runtime.at(runtime.now() + ms, resolve); });
  }
}

/** What to do where there are no change streams. */
export function noStreamAdvice(why: string, database: string): string {
  if (why !== 'standalone' && why !== 'no right') return `The server refused to open one (${why})`;
  return why === 'standalone'
    ? 'This mongod is standalone: start it with --replSet and run rs.initiate() once, a set of one will do'
    : `Give the user the role readWrite on ${database}, or the actions find and changeStream on all of its collections`;
}

/** Takes note of the server's clock in an answer to hello. */
export function observe(clock: ServerClock, hello: Document, afterMs: number): void {
  const time: unknown = hello['localTime'];
  if (time instanceof Date) clock.observe(time.getTime() + Math.floor(afterMs / 2));
}

function notInitiated(): ChronowError {
  return new ChronowError('CONFIG_INVALID', 'this mongod was started with --replSet and its set was never initiated: run rs.initiate() once', { details: { reason: 'not-initiated' } });
}
