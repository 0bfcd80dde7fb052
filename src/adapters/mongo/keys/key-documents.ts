import type { Collection, Document, Filter } from 'mongodb';
import { ChronowError, isChronowError } from '../../../errors.js';
import type { KeyRef, Scope } from '../../../port/names.js';
import { isDuplicateKey } from '../connection/server-error.js';
import type { ReadAt } from '../connection/store.js';
import type { Context } from '../context.js';
import type { KeyDocument } from '../layout/key-document.js';
import { documentFormat } from '../layout/message-codec.js';
import type { WriteToken } from './key-expressions.js';
import { answerOf, raisePipeline, stateFields } from './key-pipelines.js';
import { doneRevision, readKey, serverTimeOf, type StoredKey } from './key-state.js';

/** A document, as it was at a time of the server. */
export interface Found {
  readonly key: StoredKey;
  readonly serverMs: number;
  /** This very write, sent before, made this revision. */
  readonly done: number | undefined;
}

/** Somebody makes and removes the same document all the time. */
const mostRaces = 100;
const pageSize = 1_000;

/** The documents of shared values: found, written where they are ours, refused where they are not. */
export class KeyDocuments {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  idOf(key: KeyRef): string {
    return this.#context.keys.sharedKey(key);
  }

  /** undefined: there is none. Throws `FOREIGN_VALUE`, `FORMAT_TOO_NEW`. */
  read(key: KeyRef): Promise<Found | undefined> {
    return this.#context.store.attempt('read of a shared key', () => this.readWith(key, { readConcern: 'majority' }));
  }

  /** The same, to be called within an attempt. */
  async readWith(key: KeyRef, options: ReadAt): Promise<Found | undefined> {
    const document = await this.#kv().findOne({ _id: this.idOf(key) }, { ...options, projection: stateFields });
    return document === null ? undefined : foundIn(key, document);
  }

  /** Answers what is there afterwards, which may be as before: the update decides. undefined: there is none. Throws as {@link read}. */
  write(what: string, key: KeyRef, update: readonly Document[], token: WriteToken, upsert: boolean): Promise<Found | undefined> {
    return this.#context.store.attempt(what, async () => {
      for (let race = 0; race < mostRaces; race += 1) {
        const document = await this.#tryToWrite(key, update, token, upsert);
        if (document !== null) return foundIn(key, document);
        const other = await this.readWith(key, {});
        if (other === undefined && !upsert) return undefined;
        // It was made, or removed, at the same time.
      }
      throw new ChronowError('UNSUPPORTED', `shared key "${key.key}" is made and removed by somebody else all the time`, { details: { key: key.key } });
    }).catch((error: unknown) => { throw asValueError(key, error); });
  }

  /** Where it is ours and meets a condition; else undefined. */
  updateIf(what: string, key: KeyRef, condition: Filter<KeyDocument>, update: readonly Document[], projection: Document = stateFields): Promise<Found | undefined> {
    return this.#context.store.attempt(what, async () => {
      const document = await this.#kv().findOneAndUpdate({ ...this.#ours(key), ...condition }, [...update], { returnDocument: 'after', projection });
      return document === null ? undefined : foundIn(key, document);
    });
  }

  /** Gives what is at `revision` one above `seen`; undefined: it is at another one by now. */
  raise(key: KeyRef, revision: number, seen: number): Promise<Found | undefined> {
    return this.updateIf('new revision of a shared key', key, { v: revision }, raisePipeline(seen));
  }

  /** Remembers, at a revision above `seen`, that there is nothing; undefined: there is something. */
  insertAbsent(key: KeyRef, seen: number): Promise<Found | undefined> {
    return this.#context.store.attempt('new revision of a shared key', async () => {
      try {
        const document = await this.#kv().findOneAndUpdate({ _id: this.idOf(key), f: documentFormat, v: { $exists: false } }, raisePipeline(seen), { returnDocument: 'after', upsert: true, projection: stateFields });
        return document === null ? undefined : foundIn(key, document);
      } catch (error) {
        if (isDuplicateKey(error)) return undefined;
        throw error;
      }
    });
  }

  /** Those of some keys that are there, by their id, to be read one by one; to be called within an attempt. */
  async some(keys: readonly KeyRef[], options: ReadAt): Promise<ReadonlyMap<string, () => Found>> {
    const refs = new Map(keys.map((key) => [this.idOf(key), key]));
    const documents = await this.#kv().find({ _id: { $in: [...refs.keys()] } }, { ...options, projection: stateFields }).batchSize(refs.size + 1).toArray();
    return new Map(documents.flatMap((document) => {
      const ref = refs.get(document._id);
      return ref === undefined ? [] : [[document._id, () => foundIn(ref, document)]];
    }));
  }

  /** Every document of a scope whose key begins with `prefix`; to be called within an attempt. */
  async range(scope: Scope, prefix: string, options: ReadAt): Promise<readonly { readonly ref: KeyRef; readonly read: () => Found }[]> {
    const begin = this.idOf({ ...scope, key: prefix });
    // Ids are printable ASCII: what is not is encoded.
    const documents = await this.#kv().find({ _id: { $gte: begin, $lt: `${begin}\x7f` } }, { ...options, projection: stateFields }).batchSize(pageSize).toArray();
    return documents.flatMap((document) => {
      const ref = this.refOf(document._id);
      return ref === undefined ? [] : [{ ref, read: () => foundIn(ref, document) }];
    });
  }

  /** undefined: no key of ours has this id. */
  refOf(id: string): KeyRef | undefined {
    const parsed = this.#context.keys.parse(id);
    return parsed?.kind === 'shared' && this.idOf(parsed.key) === id ? parsed.key : undefined;
  }

  async #tryToWrite(key: KeyRef, update: readonly Document[], token: WriteToken, upsert: boolean): Promise<Document | null> {
    try {
      return await this.#kv().findOneAndUpdate(this.#ours(key), [...update], { returnDocument: 'after', upsert, projection: answerOf(token) });
    } catch (error) {
      if (isDuplicateKey(error)) return null;
      throw error;
    }
  }

  #ours(key: KeyRef): Filter<KeyDocument> {
    return { _id: this.idOf(key), f: documentFormat, v: { $gte: 0 } };
  }

  #kv(): Collection<KeyDocument> {
    return this.#context.store.collection('cw_kv');
  }
}

function foundIn(key: KeyRef, document: object): Found {
  return { key: readKey(key, document), serverMs: serverTimeOf(document), done: doneRevision(document) };
}

/** What is too large here is a value. */
function asValueError({ key }: KeyRef, error: unknown): unknown {
  if (!isChronowError(error, 'PAYLOAD_TOO_LARGE')) return error;
  return new ChronowError('VALUE_TOO_LARGE', `the value of shared key "${key}" makes a document above the 16 MB that MongoDB takes; store it elsewhere and set a reference`, { cause: error.cause, details: { ...error.details, key } });
}
