import { createHash } from 'node:crypto';
import { defer, type Observable } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { KeyDelete, KeyState, KeyStore, KeyVersion, KeyWrite, KeyWriteAnswer } from '../../../port/key-store.js';
import type { KeyRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import { KeyDocuments } from './key-documents.js';
import { after, forgottenAfter, withState, type WriteToken } from './key-expressions.js';
import { KeyLooks } from './key-looks.js';
import { delPipeline, setPipeline, stateFields } from './key-pipelines.js';
import { absent, stateAt, type StoredKey } from './key-state.js';
import { KeyVersions } from './key-versions.js';
import { OpenCalls } from './open-calls.js';

/**
 * Shared values: a document each, written by pipelines that decide by the server's clock. Every call is one command, two more where replaced values are kept.
 * A call that is sent again is carried out once: the document remembers who wrote it.
 */
export class MongoKeys implements KeyStore {
  readonly documents: KeyDocuments;
  /** For watchers. */
  readonly looks: KeyLooks;
  readonly #versions: KeyVersions;
  readonly #calls: OpenCalls;

  constructor(context: Context) {
    this.documents = new KeyDocuments(context);
    this.looks = new KeyLooks(context, this.documents);
    this.#versions = new KeyVersions(context);
    this.#calls = new OpenCalls(createHash('sha1').update(context.clientId).digest('hex').slice(0, 12));
  }

  get(key: KeyRef): Observable<KeyState> {
    return defer(async () => {
      const found = await this.documents.read(key);
      return found === undefined ? absent : stateAt(found.key, found.serverMs);
    });
  }

  set(write: KeyWrite): Observable<KeyWriteAnswer> {
    return defer(() => this.#call(write, (token) => this.#set(write, token)));
  }

  del(request: KeyDelete): Observable<KeyWriteAnswer> {
    return defer(() => this.#call(request, (token) => this.#del(request, token)));
  }

  expire(key: KeyRef, ttlMs: number): Observable<boolean> {
    return defer(async () => {
      const isAlive = { $expr: withState('$$alive') };
      const update = [{ $set: { x: after(ttlMs), exp: forgottenAfter(ttlMs, '$v') } }];
      const found = await this.documents.updateIf('time to live of a shared key', key, isAlive, update, { ...stateFields, b: { $literal: '' } });
      if (found === undefined) {
        // Whatever is there may be somebody else's.
        await this.documents.read(key);
        return false;
      }
      if (found.key.keep !== undefined) this.#tidy(key, found.key);
      return true;
    });
  }

  history(key: KeyRef, limit: number): Observable<readonly KeyVersion[]> {
    return defer(async () => {
      const found = await this.documents.read(key);
      if (found === undefined) return [];
      const { body, mark } = stateAt(found.key, found.serverMs);
      return body === undefined && mark !== 'closed' ? [] : this.#versions.read(this.documents.idOf(key), found.key, limit);
    });
  }

  async #set(write: KeyWrite, token: WriteToken): Promise<KeyWriteAnswer> {
    const { key, body, codec, ttlMs, expectedRevision, keepVersions = 0 } = write;
    const value = { body, codec, mark: 'none' } as const;
    for (;;) {
      const base = keepVersions > 0 ? await this.#storeVersion(key, true) : undefined;
      // A document that is not there must not be made where one is expected.
      const upsert = expectedRevision === undefined || expectedRevision === 0;
      const found = await this.documents.write('write of a shared key', key, setPipeline(write, token, base), token, upsert);
      if (found === undefined) return { written: false, state: absent };
      const { serverMs, done } = found;
      const { revision, expiresAt } = found.key;
      if (found.key.token === token.token) {
        if (keepVersions > 0 || found.key.isLittered) this.#tidy(key, found.key);
        return { written: true, state: { ...value, revision, expiresAt } };
      }
      if (done !== undefined) return { written: true, state: { ...value, revision: done, expiresAt: ttlMs === undefined ? undefined : serverMs + ttlMs } };
      const state = stateAt(found.key, serverMs);
      if (expectedRevision !== undefined && state.revision !== expectedRevision) return { written: false, state };
      if (state.mark === 'closed') throw new ChronowError('KEY_CLOSED', `key "${key.key}" was deleted for good and keeps only its history; use another key.`, { details: { key: key.key } });
      // Somebody replaced the value whose version was stored: once more.
    }
  }

  async #del(request: KeyDelete, token: WriteToken): Promise<KeyWriteAnswer> {
    const { key, mark, expectedRevision } = request;
    for (;;) {
      const base = mark === 'closed' ? await this.#storeVersion(key, false) : undefined;
      const upsert = mark !== 'none' && (expectedRevision === undefined || expectedRevision === 0);
      const found = await this.documents.write('delete of a shared key', key, delPipeline(request, token, base), token, upsert);
      if (found === undefined) return { written: expectedRevision === undefined || expectedRevision === 0, state: absent };
      const state = stateAt(found.key, found.serverMs);
      if (found.key.token === token.token) {
        if (found.key.isLittered || found.key.keep !== undefined) this.#tidy(key, found.key);
        return { written: true, state };
      }
      if (found.done !== undefined) return { written: true, state: { ...absent, revision: found.done, mark } };
      if (expectedRevision !== undefined && state.revision !== expectedRevision) return { written: false, state };
      if (state.body === undefined) return { written: true, state };
    }
  }

  /** What is about to be replaced, where there is something; answers its revision. */
  async #storeVersion(key: KeyRef, always: boolean): Promise<number | undefined> {
    const found = await this.documents.read(key);
    if (found === undefined || stateAt(found.key, found.serverMs).body === undefined) return undefined;
    if (always || found.key.keep !== undefined) await this.#versions.store(this.documents.idOf(key), found.key);
    return found.key.revision;
  }

  #tidy(key: KeyRef, stored: StoredKey): void {
    this.#versions.tidy(this.documents.idOf(key), stored);
  }

  #call<T>({ key, expectedRevision }: Pick<KeyWrite, 'key' | 'expectedRevision'>, call: (token: WriteToken) => Promise<T>): Promise<T> {
    return this.#calls.run(this.documents.idOf(key), expectedRevision !== undefined, call);
  }
}
