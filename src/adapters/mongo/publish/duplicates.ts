import type { Collection, Document, Filter } from 'mongodb';
import type { PublishReceipt } from '../../../port/publisher.js';
import type { MongoStore } from '../connection/store.js';
import type { LogDocument } from '../layout/log-document.js';

/** What became of an insert that met a duplicate key: it had been stored before, another message has its idempotency key, or it is to be tried again. */
export type Conflict = 'own' | 'again' | PublishReceipt;

/** Messages by their idempotency keys, within the window after they were published. */
export class Duplicates {
  readonly #store: MongoStore;

  constructor(store: MongoStore) {
    this.#store = store;
  }

  /** The first messages of these names, as receipts of whoever comes second. */
  async find(topicId: string, windowMs: number, names: readonly string[], deadlineMs: number): Promise<ReadonlyMap<string, PublishReceipt>> {
    const found = await this.#store.attempt('look-up of idempotency keys', () =>
      this.#log().find({ t: topicId, ik: { $in: [...names] }, ...withinWindow(windowMs) }, { projection: { ik: 1, ts: 1, p: 1 }, batchSize: names.length + 1 }).toArray(), { deadlineMs });
    const receipts = new Map<string, PublishReceipt>();
    for (const { _id, ik, ts, p } of found) if (ik !== undefined) receipts.set(ik, { id: _id, duplicate: true, dueAt: p === undefined ? undefined : ts.getTime() });
    return receipts;
  }

  /** Finds out what stood in the way of these documents, in their order. Names whose window is over are taken from those that have them. */
  async resolve(topicId: string, windowMs: number, documents: readonly LogDocument[], deadlineMs: number): Promise<readonly Conflict[]> {
    const ids = documents.map(({ _id }) => _id);
    const own = await this.#store.attempt('look-up of messages', () => this.#log().find({ _id: { $in: ids } }, { projection: { _id: 1 }, batchSize: ids.length + 1 }).toArray(), { deadlineMs });
    const stored = new Set(own.map(({ _id }) => _id));
    const names = documents.flatMap(({ _id, ik }) => (ik === undefined || stored.has(_id) ? [] : [ik]));
    if (names.length > 0) await this.#release(topicId, windowMs, names, deadlineMs);
    const others = names.length === 0 ? new Map<string, PublishReceipt>() : await this.find(topicId, windowMs, names, deadlineMs);
    return documents.map(({ _id, ik }) => (stored.has(_id) ? 'own' : others.get(ik ?? '') ?? 'again'));
  }

  async #release(topicId: string, windowMs: number, names: readonly string[], deadlineMs: number): Promise<void> {
    const over: Filter<LogDocument> = { t: topicId, ik: { $in: [...names] }, $nor: [withinWindow(windowMs)] };
    await this.#store.attempt('release of idempotency keys', () => this.#log().updateMany(over, { $unset: { ik: '' } }), { deadlineMs });
  }

  #log(): Collection<LogDocument> {
    return this.#store.collection<LogDocument>('cw_log');
  }
}

/** The names are few and indexed; this is looked at after the index. */
function withinWindow(windowMs: number): Document {
  return { $expr: { $gt: [{ $ifNull: ['$p', '$ts'] }, { $subtract: ['$$NOW', windowMs] }] } };
}
