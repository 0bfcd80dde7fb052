import type { Collection } from 'mongodb';
import type { KeyVersion } from '../../../port/key-store.js';
import type { Context } from '../context.js';
import { isDuplicateKey } from '../connection/server-error.js';
import { versionId, type KeyDocument, type KeyVersionDocument } from '../layout/key-document.js';
import { readBody } from '../layout/message-codec.js';
import { rememberedMs } from './key-expressions.js';
import type { StoredKey } from './key-state.js';

/**
 * Values that were replaced, each a document. A version is stored before its value is replaced: a crash in between leaves one that does not count, as it is not
 * below the key's revision. What does not count any more is taken away later; who reads goes by the bounds in the key's document.
 */
export class KeyVersions {
  readonly #context: Context;
  readonly #tidying = new Map<string, StoredKey | undefined>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** A version of what is there, before it is replaced. */
  async store(id: string, { revision, body, codec, writtenAt }: StoredKey): Promise<void> {
    if (body === undefined) return;
    const document: KeyVersionDocument = { _id: versionId(id, revision), k: id, v: revision, b: body, ...(codec === undefined ? {} : { c: codec }), at: new Date(writtenAt) };
    await this.#context.store.attempt('version of a shared key', async () => {
      try {
        await this.#versions().insertOne(document);
      } catch (error) {
        // Somebody else is about to replace the same value.
        if (!isDuplicateKey(error)) throw error;
      }
    });
  }

  /** Newest first. */
  async read(id: string, { revision, floor, keep = 0 }: StoredKey, limit: number): Promise<readonly KeyVersion[]> {
    const most = Math.min(limit, keep);
    if (most < 1) return [];
    const found = await this.#context.store.attempt('history of a shared key', () => this.#versions()
      .find({ k: id, v: { $gt: floor, $lt: revision } }, { readConcern: 'majority' }).sort({ v: -1 }).limit(most).batchSize(most + 1).toArray());
    return found.map(({ v, b, at }) => ({ revision: v, body: readBody(b), writtenAt: at.getTime() }));
  }

  /** Takes away what nobody will be shown, and sees to it that the rest goes when the key does. Nobody waits for it: the next write does it again. */
  tidy(id: string, key: StoredKey): void {
    const isRunning = this.#tidying.has(id);
    this.#tidying.set(id, isRunning ? key : undefined);
    if (!isRunning) void this.#tidyAll(id, key);
  }

  async #tidyAll(id: string, key: StoredKey): Promise<void> {
    for (let next: StoredKey | undefined = key; next !== undefined; next = this.#tidying.get(id)) {
      this.#tidying.set(id, undefined);
      // Left to the next write.
      await this.#tidyOnce(id, next).catch(() => undefined);
    }
    this.#tidying.delete(id);
  }

  async #tidyOnce(id: string, { revision, keep, floor, expiresAt }: StoredKey): Promise<void> {
    const { store } = this.#context;
    const versions = this.#versions();
    const last = keep === undefined ? undefined : await store.attempt('versions of a shared key', () => versions.find({ k: id, v: { $lt: revision } }, { projection: { _id: 0, v: 1 } }).sort({ v: -1 }).skip(keep).limit(1).next());
    const bound = keep === undefined ? revision : Math.max(floor, last?.v ?? 0);
    await store.attempt('versions of a shared key', () => versions.deleteMany({ k: id, v: { $lte: bound } }));
    if (keep === undefined) {
      const kv: Collection<KeyDocument> = store.collection('cw_kv');
      await store.attempt('versions of a shared key', () => kv.updateOne({ _id: id, v: revision }, { $unset: { hd: 1 } }));
      return;
    }
    // In seconds: a value that is prolonged all the time does not have all its versions written all the time.
    const exp = expiresAt === undefined ? undefined : new Date(Math.ceil((expiresAt + rememberedMs) / 60_000) * 60_000);
    const isOther = exp === undefined ? { exp: { $exists: true } } : { exp: { $ne: exp } };
    await store.attempt('versions of a shared key', () => versions.updateMany({ k: id, ...isOther }, exp === undefined ? { $unset: { exp: 1 } } : { $set: { exp } }));
  }

  #versions(): Collection<KeyVersionDocument> {
    return this.#context.store.collection('cw_kv_versions');
  }
}
