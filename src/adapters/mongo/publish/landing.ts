import { isChronowError } from '../../../errors.js';
import type { Runtime } from '../../../port/runtime.js';
import { dueTime } from '../../common/due-time.js';
import type { MongoStore } from '../connection/store.js';
import type { LogDocument } from '../layout/log-document.js';
import { logDocument } from '../layout/message-codec.js';
import { newPointer } from '../layout/new-pointer.js';
import type { PointerDocument } from '../layout/pointer-document.js';
import type { Cargo } from './cargo.js';
import type { Duplicates } from './duplicates.js';
import { insertAll } from './insert-all.js';
import { InDoubt, isInDoubt, type Place } from './place.js';

/** Pointers may be removed whose message has not come for ten minutes; whoever was stopped in between makes them anew. */
const fenceMs = 60_000;
const rounds = 8;
/** Consumers that met a pointer without its message come back after as long as it was missing: what took this long does not wait for them. */
const slowMs = 250;

interface Stored {
  readonly place: number;
  readonly document: LogDocument;
}

/** Stores a cargo where it was placed. May be done again, in whole: ids stay the same. */
export class Landing {
  readonly #store: MongoStore;
  readonly #runtime: Runtime;
  readonly #duplicates: Duplicates;

  constructor(store: MongoStore, runtime: Runtime, duplicates: Duplicates) {
    this.#store = store;
    this.#runtime = runtime;
    this.#duplicates = duplicates;
  }

  /** Gives every message its receipt. Rejects with {@link InDoubt} where there was an election before everything was sent. */
  async land(cargo: Cargo, place: Place, deadlineMs: number): Promise<void> {
    const documents = documentsOf(cargo, place);
    if (cargo.names.length === 0) await this.#both(documents, place, deadlineMs);
    else await this.#oneAfterTheOther(documents, cargo, place, deadlineMs);
    if (this.#store.clock.now() - place.topic.clk.getTime() >= slowMs) await this.#show(documents, place, deadlineMs);
    for (const { place: at, document } of documents) cargo.receipts[at] ??= { id: document._id, duplicate: false, dueAt: document.p === undefined ? undefined : document.ts.getTime(), publishedAt: document.ts.getTime() };
  }

  /** Of a cargo that was stored: the pointers of subscriptions that only the place as it is now knows of. */
  async add(cargo: Cargo, before: Place, now: Place, deadlineMs: number): Promise<void> {
    const known = new Set(before.topic.subs.map(({ id }) => id));
    const topic = { ...now.topic, subs: now.topic.subs.filter(({ id }) => !known.has(id)) };
    const stored = documentsOf(cargo, before).filter(({ place, document }) => cargo.receipts[place]?.id === document._id);
    await this.#pointers(stored.map(({ document }) => document), { ...now, topic }, deadlineMs).catch((error: unknown) => { throw new NotPointed(error); });
  }

  #log(messages: readonly LogDocument[], place: Place, deadlineMs: number): Promise<readonly number[]> {
    return insertAll<LogDocument>(this.#store, 'cw_log', messages, deadlineMs, () => { this.#check(place); });
  }

  #pointers(messages: readonly LogDocument[], place: Place, deadlineMs: number): Promise<readonly number[]> {
    return insertAll<PointerDocument>(this.#store, 'cw_deliv', pointersOf(messages, place), deadlineMs, () => { this.#check(place); });
  }

  #check(place: Place): void {
    if (isInDoubt(this.#store, place)) throw new InDoubt();
  }

  /** Without idempotency keys whoever tries again does so under new ids, so that a message without pointers is one that nobody was told of. */
  async #both(documents: readonly Stored[], place: Place, deadlineMs: number): Promise<void> {
    const messages = documents.map(({ document }) => document);
    const [stored, pointed] = await Promise.allSettled([
      this.#log(messages, place, deadlineMs),
      this.#pointers(messages, place, deadlineMs),
    ]);
    if (stored.status === 'rejected') {
      await this.#takeBack(stored.reason, () => Promise.resolve(messages), place, deadlineMs);
      throw stored.reason;
    }
    if (pointed.status === 'rejected') throw pointed.reason instanceof InDoubt ? pointed.reason : new NotPointed(pointed.reason);
  }

  /** A message that has an idempotency key must not be there without its pointers: who tries again would be told that it is a duplicate. */
  async #oneAfterTheOther(documents: readonly Stored[], cargo: Cargo, place: Place, deadlineMs: number): Promise<void> {
    const { id, limits } = place.topic;
    const refused: LogDocument[] = [];
    let left = documents;
    for (let round = 0; left.length > 0; round++) {
      const messages = left.map(({ document }) => document);
      await this.#point(messages, place, deadlineMs);
      const places = await this.#log(messages, place, deadlineMs).catch(async (error: unknown) => {
        await this.#takeBack(error, () => this.#missing(messages), place, deadlineMs);
        throw error;
      });
      const met = places.flatMap((at) => left[at] ?? []);
      if (met.length === 0) break;
      const conflicts = await this.#duplicates.resolve(id, limits.iw, met.map(({ document }) => document), deadlineMs);
      const again: Stored[] = [];
      for (const [at, stored] of met.entries()) {
        const conflict = conflicts[at] ?? 'own';
        if (conflict === 'again') again.push(stored);
        else if (conflict !== 'own') {
          cargo.receipts[stored.place] = conflict;
          refused.push(stored.document);
        }
      }
      if (again.length > 0 && round >= rounds) throw new Error('an idempotency key was taken and released again and again');
      left = again;
    }
    await this.#unpoint(refused, place, deadlineMs);
  }

  async #point(messages: readonly LogDocument[], place: Place, deadlineMs: number): Promise<void> {
    let begunAt: number;
    do {
      begunAt = this.#runtime.now();
      await this.#pointers(messages, place, deadlineMs);
    } while (this.#runtime.now() - begunAt > fenceMs);
  }

  /** What was met without its message is there to be seen, before anybody is told that it is published: what comes later of its key must not be first. */
  async #show(documents: readonly Stored[], place: Place, deadlineMs: number): Promise<void> {
    const ids = pointersOf(documents.map(({ document }) => document), place).map(({ _id }) => _id);
    const since = { $cond: [{ $eq: [{ $type: '$tok' }, 'missing'] }, { $max: ['$ts', '$$NOW'] }, '$at'] };
    const shown = () => this.#store.collection<PointerDocument>('cw_deliv').updateMany({ _id: { $in: ids }, lack: { $exists: true } }, [{ $set: { lack: '$$REMOVE', at: since } }]);
    await this.#store.attempt('publish to cw_deliv', shown, { deadlineMs }).catch((error: unknown) => { throw new NotPointed(error); });
  }

  /** Pointers to what was refused would count as waiting until they are found to be orphans. Of an unknown outcome they are needed. */
  async #takeBack(error: unknown, refused: () => Promise<readonly LogDocument[]>, place: Place, deadlineMs: number): Promise<void> {
    if (!isChronowError(error) || error.retryable) return;
    await refused().then((messages) => this.#unpoint(messages, place, deadlineMs)).catch(() => undefined);
  }

  async #missing(messages: readonly LogDocument[]): Promise<readonly LogDocument[]> {
    const ids = messages.map(({ _id }) => _id);
    const there = await this.#store.attempt('publish to cw_log', () => this.#store.collection<LogDocument>('cw_log').find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray());
    const stored = new Set(there.map(({ _id }) => _id));
    return messages.filter(({ _id }) => !stored.has(_id));
  }

  async #unpoint(messages: readonly LogDocument[], place: Place, deadlineMs: number): Promise<void> {
    const ids = pointersOf(messages, place).map(({ _id }) => _id);
    if (ids.length > 0) await this.#store.attempt('publish to cw_deliv', () => this.#store.collection<PointerDocument>('cw_deliv').deleteMany({ _id: { $in: ids } }), { deadlineMs });
  }
}

/** The messages are stored, and whether their pointers are is unknown. */
export class NotPointed extends Error {
  constructor(cause: unknown) {
    super('the pointers of stored messages could not be stored', { cause });
  }
}

function documentsOf({ fresh, messages }: Cargo, { topic, firstSeq }: Place): readonly Stored[] {
  const publishedAt = topic.clk;
  const now = publishedAt.getTime();
  return fresh.flatMap((place, index) => {
    const message = messages[place];
    if (message === undefined) return [];
    const due = message.delayMs === undefined && message.deliverAt === undefined ? undefined : dueTime(message, now);
    return { place, document: logDocument(message, { topicId: topic.id, seq: firstSeq + index, publishedAt, dueAt: due === undefined ? undefined : new Date(Math.ceil(due)) }) };
  });
}

function pointersOf(messages: readonly LogDocument[], { topic }: Place): PointerDocument[] {
  const pointers: PointerDocument[] = [];
  for (const { id } of topic.subs) for (const message of messages) pointers.push(newPointer(id, message));
  return pointers;
}
