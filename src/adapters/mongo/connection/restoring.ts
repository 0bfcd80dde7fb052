import type { Db } from 'mongodb';
import { lacksIndex } from './server-error.js';
import { checkFormat, setUpIndexes } from './set-up.js';

/** Puts back what somebody dropped from under us together with a collection: its indexes, and the format of the database. */
export class Restoring {
  readonly #db: () => Db;
  #underWay: Promise<void> | undefined = undefined;

  constructor(db: () => Db) {
    this.#db = db;
  }

  /** Never fails: what stays missing is met by whoever needs it. */
  restore(): Promise<void> {
    this.#underWay ??= this.#restore().catch(() => undefined).finally(() => { this.#underWay = undefined; });
    return this.#underWay;
  }

  /** Runs an operation; where it named an index that is gone, and so did nothing, once more when it is there again. */
  async over<T>(operation: () => Promise<T>): Promise<T> {
    return operation().catch(async (error: unknown) => {
      if (!lacksIndex(error)) throw error;
      await this.restore();
      return operation();
    });
  }

  async #restore(): Promise<void> {
    const db = this.#db();
    await checkFormat(db);
    await setUpIndexes(db);
  }
}
