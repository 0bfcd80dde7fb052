import type { Collection, Db, Document } from 'mongodb';
import type { BrokerEvent } from '../../../port/events.js';
import type { Runtime } from '../../../port/runtime.js';
import { Attempts } from '../connection/attempts.js';
import { workClient, type Client } from '../connection/client.js';
import { failureOf } from '../connection/server-error.js';
import { warmIndexes, type WarmCollection, type WarmPart } from './warm-indexes.js';

/** After this many ms a call is given up and its outcome unknown; what must be written is tried again by the caller. */
const deadlineMs = 10_000;
const retryMs = 1_000;

/** The connection to one deployment, for all databases in it. Nothing goes out before the first call. */
export class WarmServer {
  readonly #client: Client;
  readonly #attempts: Attempts;
  readonly #databases = new Map<string, WarmDatabase>();
  readonly #report: (event: BrokerEvent) => void;
  #connected: Promise<unknown> | undefined = undefined;

  constructor(uri: string, runtime: Runtime, report: (event: BrokerEvent) => void) {
    this.#attempts = new Attempts(runtime, retryMs, () => undefined);
    this.#client = workClient({ uri, runtime }, () => { this.#attempts.primaryChanged(); });
    this.#report = report;
    this.#attempts.open();
  }

  database(name: string): WarmDatabase {
    let found = this.#databases.get(name);
    if (found === undefined) {
      const db = this.#client.driver.db(name, { readPreference: 'primary', writeConcern: { w: 'majority' }, ignoreUndefined: true });
      this.#databases.set(name, (found = new WarmDatabase({ db, attempts: this.#attempts, connect: () => this.#connect(), report: this.#report })));
    }
    return found;
  }

  close(): Promise<void> {
    this.#attempts.close();
    return this.#client.close();
  }

  /** A client of the driver that connects by itself does so once: where the server was away then, it stays closed. */
  #connect(): Promise<unknown> {
    this.#connected ??= this.#client.driver.connect().catch((error: unknown) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }
}

interface WarmDatabaseParts {
  readonly db: Db;
  readonly attempts: Attempts;
  readonly connect: () => Promise<unknown>;
  readonly report: (event: BrokerEvent) => void;
}

/** A database of chronos-db's collections. */
export class WarmDatabase {
  readonly #db: Db;
  readonly #attempts: Attempts;
  readonly #connect: () => Promise<unknown>;
  readonly #report: (event: BrokerEvent) => void;
  readonly #prepared = new Map<WarmPart, Promise<void>>();

  constructor({ db, attempts, connect, report }: WarmDatabaseParts) {
    this.#db = db;
    this.#attempts = attempts;
    this.#connect = connect;
    this.#report = report;
  }

  collection<T extends Document>(name: WarmCollection): Collection<T> {
    return this.#db.collection<T>(name);
  }

  read<T>(what: string, operation: () => Promise<T>): Promise<T> {
    return this.#attempts.run(what, async () => {
      await this.#connect();
      return operation();
    }, deadlineMs);
  }

  /** An operation that bears being run twice. The first one of a part makes its indexes. */
  write<T>(what: string, operation: () => Promise<T>, part: WarmPart = 'usual'): Promise<T> {
    return this.#attempts.run(what, async () => {
      await this.#connect();
      await (this.#prepared.get(part) ?? this.#prepare(part));
      return operation();
    }, deadlineMs);
  }

  #prepare(part: WarmPart): Promise<void> {
    const preparing = this.#indexes(part).catch((error: unknown) => {
      this.#prepared.delete(part);
      throw error;
    });
    this.#prepared.set(part, preparing);
    return preparing;
  }

  async #indexes(part: WarmPart): Promise<void> {
    await Promise.all(Object.entries(warmIndexes[part]).map(async ([name, wanted]) => {
      // One by one: a refused one must not keep the others away.
      for (const index of wanted) await this.#index(name, index.name ?? '', this.#db.collection(name).createIndexes([index]));
    }));
  }

  /** Without an index it is slower, or keeps things longer, and not wrong: ids are made of names. */
  async #index(collection: string, name: string, creation: Promise<unknown>): Promise<void> {
    try {
      await creation;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind !== 'server') throw error;
      this.#report({ type: 'unsafe-setting', setting: `warm index ${collection}.${name}`, value: failure.word, advice: `it could not be created in ${this.#db.databaseName}: ${failure.text}. Reads are slow without it, and without cw_expiry nothing ends by itself; create it by hand (docs/warm.md has the list)` });
    }
  }
}
