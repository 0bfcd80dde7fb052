import type { Collection, Document } from 'mongodb';
import type { FailureNote } from '../../../port/lease.js';
import type { StoredMessage } from '../../../port/message.js';
import type { Context } from '../context.js';
import { headersToList } from '../layout/message-codec.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import { fence, forgotten } from './pointers.js';
import type { SettleItem, SettleKind } from './settle-item.js';

/** So many settled leases a pointer remembers. */
const mostRemembered = 4;

/** How soon a message whose publish is under way is looked for again: as long again as it has been missing. */
const shortestLackMs = 5;
const longestLackMs = 5_000;

/** Carries settlements out, many at a time. Each answers the items that were lost: taken by somebody else, or gone. */
export class SettleWrites {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  async run(kind: SettleKind, items: readonly SettleItem[]): Promise<ReadonlySet<SettleItem>> {
    if (kind === 'ack' || kind === 'drop' || kind === 'void') return this.#remove(items);
    if (kind === 'bury') return this.#bury(items);
    return this.#change(items, changeOf(kind, items));
  }

  /** Whose lease may be over goes by itself: only so its own count tells what became of it. */
  async #remove(items: readonly SettleItem[]): Promise<ReadonlySet<SettleItem>> {
    const now = this.#context.runtime.now();
    const sure = items.filter(({ lease }) => lease.leaseUntil > now);
    const late = items.filter(({ lease }) => lease.leaseUntil <= now).map((item) => [item]);
    const lost = await Promise.all([sure, ...late].filter(({ length }) => length > 0).map((some) => this.#removeTogether(some)));
    return new Set(lost.flatMap((some) => [...some]));
  }

  #removeTogether(items: readonly SettleItem[]): Promise<ReadonlySet<SettleItem>> {
    return this.#context.store.attempt('settlement', async (attempt) => {
      const { deletedCount } = await this.#all.deleteMany(fenceOf(items));
      if (deletedCount === items.length) return new Set();
      const isKnown = attempt === 1 && !items.some(({ lease }) => lease.isDoubtful);
      if (isKnown && deletedCount === 0) return new Set(items);
      // What is there is somebody else's; what is not may be our own doing.
      const left = new Set((await this.#all.find({ _id: { $in: items.map(idOf) } }, { projection: { _id: 1 } }).batchSize(items.length + 1).toArray()).map(({ _id }) => _id));
      return new Set(items.filter((item) => left.has(idOf(item))));
    });
  }

  #change(items: readonly SettleItem[], change: Document): Promise<ReadonlySet<SettleItem>> {
    const filter = fenceOf(items);
    return this.#context.store.attempt('settlement', async () => {
      const { matchedCount } = await this.#all.updateMany(filter, [change], { writeConcern: { w: 1 } });
      return matchedCount === items.length ? new Set<SettleItem>() : this.#lost(items);
    });
  }

  #bury(items: readonly SettleItem[]): Promise<ReadonlySet<SettleItem>> {
    const writes = items.map((item) => ({ updateOne: { filter: { _id: idOf(item), tok: item.lease.place.tok }, update: [burial(item)] } }));
    return this.#context.store.attempt('dead letter', async () => {
      const { matchedCount } = await this.#all.bulkWrite(writes, { ordered: false });
      return matchedCount === items.length ? new Set<SettleItem>() : this.#lost(items);
    });
  }

  /** A pointer remembers the leases that were settled last. Where it is gone, others had it since, whatever became of this settlement. */
  async #lost(items: readonly SettleItem[]): Promise<ReadonlySet<SettleItem>> {
    const found = await this.#all.find({ _id: { $in: items.map(idOf) } }, { projection: { pt: 1 } }).batchSize(items.length + 1).toArray();
    const settled = new Map(found.map(({ _id, pt }) => [_id, pt]));
    return new Set(items.filter((item) => settled.get(idOf(item))?.includes(item.lease.place.tok) !== true));
  }

  get #all(): Collection<PointerDocument> {
    return this.#context.store.collection<PointerDocument>('cw_deliv');
  }
}

function idOf({ lease }: SettleItem): string {
  return lease.place.pointer;
}

function fenceOf(items: readonly SettleItem[]): ReturnType<typeof fence> {
  return fence(new Map(items.map(({ lease: { place } }) => [place.pointer, place.tok])));
}

function changeOf(kind: Exclude<SettleKind, 'ack' | 'drop' | 'void' | 'bury'>, items: readonly SettleItem[]): Document {
  const settled = { tok: '$$REMOVE', pt: remembering('$tok') };
  const oneLess = { $max: [0, { $subtract: ['$n', 1] }] };
  const place = { $ifNull: ['$was', '$$NOW'] };
  // Under an order nobody else reads a key before it is free; without one, an old place with a new count could be taken for what was there before.
  const isInOrder = items.every(({ lease }) => lease.place.run !== undefined);
  switch (kind) {
    case 'release':
      return { $set: { ...settled, n: oneLess, at: place } };
    case 'leak':
      return { $set: { ...settled, at: isInOrder ? place : '$$NOW', l: true, lk: { $add: [{ $ifNull: ['$lk', 0] }, 1] } } };
    case 'retry':
      return { $set: { ...settled, at: items.some(({ delayMs }) => delayMs > 0) || !isInOrder ? { $add: ['$$NOW', delayOf(items)] } : place } };
    case 'lack': {
      const since = { $ifNull: ['$lack', '$$NOW'] };
      const forMs = { $min: [longestLackMs, { $max: [shortestLackMs, { $subtract: ['$$NOW', since] }] }] };
      return { $set: { ...settled, n: oneLess, lack: since, at: { $add: ['$$NOW', forMs] } } };
    }
  }
}

function remembering(tok: Document | string): Document {
  return { $slice: [{ $concatArrays: [[tok], { $ifNull: ['$pt', []] }] }, mostRemembered] };
}

/** The delay of each, in one expression. */
function delayOf(items: readonly SettleItem[]): Document | number {
  const [first] = items;
  if (items.every(({ delayMs }) => delayMs === first?.delayMs)) return first?.delayMs ?? 0;
  return { $arrayElemAt: [{ $literal: items.map(({ delayMs }) => delayMs) }, { $indexOfArray: [{ $literal: items.map(idOf) }, '$_id'] }] };
}

function burial({ lease: { message, place }, failure, deliveryCount }: SettleItem): Document {
  const deaths = { $concatArrays: [{ $ifNull: ['$deaths', []] }, [{ $mergeObjects: [{ $literal: death(failure, deliveryCount) }, { at: '$$NOW' }] }]] };
  return { $set: { ...forgotten, st: pointerState.dead, at: '$$NOW', n: deliveryCount, deaths, pt: remembering({ $literal: place.tok }), ...copyOf(message) } };
}

function death({ reason, description, errors }: FailureNote, deliveryCount: number): Document {
  return { n: deliveryCount, r: reason, ...(description === undefined ? {} : { d: description }), ...(errors === undefined ? {} : { e: [...errors] }) };
}

/** The message itself: the log may lose it before somebody redrives it. */
function copyOf({ body, headers, codec, publishedAt }: StoredMessage): Document {
  const list = headersToList(headers);
  return { b: { $literal: body }, ts: new Date(publishedAt), ...(list.length > 0 ? { h: { $literal: list } } : {}), ...(codec === undefined ? {} : { c: { $literal: codec } }) };
}
