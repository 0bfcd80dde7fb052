import type { Timestamp } from 'mongodb';
import type { KeyRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { Found, KeyDocuments } from './key-documents.js';

/** Bodies come along: a batch is to fit into one answer. */
const mostKeys = 100;
/** What is asked for meanwhile waits and goes together. */
const mostUnderWay = 4;

interface Waiting {
  readonly key: KeyRef;
  readonly resolve: (found: Found | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads of watched keys: after a gap thousands of them are read at once. Each is of the majority and not older than what was told before it was asked for. */
export class KeyBatches {
  readonly #context: Context;
  readonly #documents: KeyDocuments;
  #waiting: Waiting[] = [];
  #at: Timestamp | undefined = undefined;
  #isOfNow = false;
  #underWay = 0;
  #isDue = false;

  constructor(context: Context, documents: KeyDocuments) {
    this.#context = context;
    this.#documents = documents;
  }

  /** `at` undefined: not older than now. Throws `FOREIGN_VALUE`, `FORMAT_TOO_NEW`. */
  read(key: KeyRef, at: Timestamp | undefined): Promise<Found | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      if (at === undefined) this.#isOfNow = true;
      else if (this.#at === undefined || at.greaterThan(this.#at)) this.#at = at;
      this.#later();
    });
  }

  #later(): void {
    if (this.#isDue || this.#underWay >= mostUnderWay || this.#waiting.length === 0) return;
    this.#isDue = true;
    this.#context.runtime.soon(() => {
      this.#isDue = false;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const batch = this.#waiting.splice(0, mostKeys);
    const at = this.#isOfNow ? undefined : this.#at;
    if (this.#waiting.length === 0) {
      this.#isOfNow = false;
      this.#at = undefined;
    }
    this.#underWay += 1;
    this.#later();
    try {
      const found = await this.#context.store.readAt('read of watched keys', at, (options) => this.#documents.some(batch.map(({ key }) => key), options));
      for (const { key, resolve, reject } of batch) {
        try {
          resolve(found.get(this.#documents.idOf(key))?.());
        } catch (error) {
          reject(error);
        }
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#underWay -= 1;
      this.#later();
    }
  }
}
