import type { Collection, Document, Filter } from 'mongodb';
import type { Context } from '../context.js';
import type { LogDocument } from '../layout/log-document.js';
import { besideNow } from '../layout/now-filter.js';
import { pointerState, type PointerDocument, type PointerState } from '../layout/pointer-document.js';
import { candidateFields, type Candidate } from './candidate.js';

/** Messages of a key, by their place. */
export const laneIndex: Document = { s: 1, k: 1, ts: 1, q: 1 };
/** Those that were published to be due later, by their place. */
export const scheduledIndex = 'cw_scheduled';

/** What a claim writes. */
export interface Taking {
  readonly candidates: readonly Candidate[];
  readonly tok: string;
  readonly leaseMs: number;
  /** `[live]`, or with those that are parked. */
  readonly states: readonly PointerState[];
}

/** The pointers of one subscription, as far as claims are about them. */
export class Pointers {
  readonly #context: Context;
  readonly #subscription: string;
  readonly #journal: () => boolean;

  /** `journal`: whether claims are to be in the journal before they are answered. */
  constructor(context: Context, subscription: string, journal: () => boolean) {
    this.#context = context;
    this.#subscription = subscription;
    this.#journal = journal;
  }

  /** What may be taken now, by time and place. `from`: nothing that lies before; `lastDelivery`: only what does not have to run alone. */
  async ready(limit: number, { from, lastDelivery }: { readonly from?: Date; readonly lastDelivery?: number } = {}): Promise<Candidate[]> {
    const isDue = besideNow<PointerDocument>(this.#context.store, 'at', '$lte');
    const filter: Filter<PointerDocument> = { s: this.#subscription, st: pointerState.live, $and: [isDue, ...(from === undefined ? [] : [{ at: { $gte: from } }])] };
    if (lastDelivery !== undefined) filter.$or = [{ n: { $lt: lastDelivery } }, { l: { $ne: true }, tok: { $exists: false } }];
    const found = await this.read('claim', filter, { at: 1, q: 1 }, limit);
    // An estimated time may be ahead of the server's: a lease is not over before that.
    return found.filter(({ at, now }) => !(at > now));
  }

  /**
   * When the next one may be taken (the server's clock, ms); undefined: none is known of. Also one that fell due in the last `lagMs`, unless it was `seen`:
   * it was neither ready at that look nor is it to come at this one.
   */
  async nextDue(lagMs: number, seen: ReadonlySet<string>): Promise<number | undefined> {
    const filter = { s: this.#subscription, st: pointerState.live, ...besideNow<PointerDocument>(this.#context.store, 'at', '$gt', lagMs) };
    const found = await this.#context.store.attempt('claim', () =>
      this.#all.find(filter, { projection: { at: 1 } }).sort({ at: 1, q: 1 }).limit(seen.size + 1).toArray());
    return found.find(({ _id }) => !seen.has(_id))?.at.getTime();
  }

  read(what: string, filter: Filter<PointerDocument>, sort: Record<string, 1>, limit: number, hint?: Document | string): Promise<Candidate[]> {
    const options = { projection: candidateFields, ...(hint === undefined ? {} : { hint }) };
    return this.#context.store.attempt(what, () => this.#all.find<Candidate>(filter, options).sort(sort).limit(limit).batchSize(limit + 1).toArray());
  }

  /**
   * Takes them; answers, by id, the count of those that were won. Nobody else can have changed what still is not above the highest `at` seen:
   * every change of state moves it to the server's time or later, or gives back exactly what was there.
   */
  async take({ candidates, tok, leaseMs, states }: Taking): Promise<ReadonlyMap<string, number>> {
    const ids = candidates.map(({ _id }) => _id);
    const bound = new Date(candidates.reduce((highest, { at }) => Math.max(highest, at.getTime()), 0));
    const filter: Filter<PointerDocument> = { _id: { $in: ids }, st: { $in: [...states] }, at: { $lte: bound } };
    const lapsed: Document = candidates.some(({ tok: before }) => before !== undefined) ? { l: { $cond: [{ $eq: [{ $type: '$tok' }, 'missing'] }, '$l', true] } } : {};
    const change = { $set: { st: pointerState.live, n: { $add: ['$n', 1] }, at: { $add: ['$$NOW', leaseMs] }, was: { $ifNull: ['$was', '$at'] }, tok: { $literal: tok }, ...lapsed } };
    return this.#context.store.attempt('claim', async (attempt) => {
      const { modifiedCount } = await this.#all.updateMany(filter, [change], { writeConcern: this.#concern });
      if (attempt === 1 && modifiedCount === ids.length) return new Map(candidates.map(({ _id, n }) => [_id, n + 1]));
      const won = await this.#all.find({ _id: { $in: ids }, tok }, { projection: { n: 1 } }).batchSize(ids.length + 1).toArray();
      return new Map(won.map(({ _id, n }) => [_id, n]));
    });
  }

  /** Of the messages with these ids, those that are stored. */
  async messages(ids: readonly string[]): Promise<ReadonlyMap<string, LogDocument>> {
    if (ids.length === 0) return new Map();
    const found = await this.#context.store.attempt('claim', () =>
      this.#context.store.collection<LogDocument>('cw_log').find({ _id: { $in: [...ids] } }, { projection: { f: 1, ts: 1, b: 1, h: 1, c: 1, k: 1, x: 1 } }).batchSize(ids.length + 1).toArray());
    return new Map(found.map((document) => [document._id, document]));
  }

  /** Leases, by pointer, with the end they have on the server: prolonged; answers the pointers that were. */
  async renew(leases: ReadonlyMap<string, string>, leaseMs: number): Promise<ReadonlySet<string>> {
    const filter = fence(leases);
    return this.#context.store.attempt('renewal of leases', async (attempt) => {
      const { matchedCount } = await this.#all.updateMany(filter, [{ $set: { at: { $add: ['$$NOW', leaseMs] } } }], { writeConcern: this.#concern });
      if (attempt === 1 && matchedCount === leases.size) return new Set(leases.keys());
      const found = await this.#all.find(filter, { projection: { tok: 1 } }).batchSize(leases.size + 1).toArray();
      return new Set(found.filter(({ _id, tok }) => leases.get(_id) === tok).map(({ _id }) => _id));
    });
  }

  /** Of these leases those that nobody else took or settled, with the server's time. */
  async held(leases: ReadonlyMap<string, string>): Promise<readonly Candidate[]> {
    const found = await this.read('claim', fence(leases), { _id: 1 }, leases.size);
    return found.filter(({ _id, tok }) => leases.get(_id) === tok);
  }

  /** Gives back what was taken under a token and handed to nobody: without a trace. */
  async giveBack(ids: readonly string[], tok: string): Promise<void> {
    const change = { $set: { at: { $ifNull: ['$was', '$at'] }, n: { $max: [0, { $subtract: ['$n', 1] }] }, tok: '$$REMOVE' } };
    await this.#context.store.attempt('release', () => this.#all.updateMany({ _id: { $in: [...ids] }, tok }, [change], { writeConcern: { w: 1 } }));
  }

  /** Puts what waits behind a key that is held out of the way of claims; answers nothing: what was taken meanwhile stays. */
  async park(candidates: readonly Candidate[]): Promise<void> {
    const bound = new Date(candidates.reduce((highest, { at }) => Math.max(highest, at.getTime()), 0));
    const filter = { _id: { $in: candidates.map(({ _id }) => _id) }, st: pointerState.live, at: { $lte: bound } };
    await this.#context.store.attempt('claim', () => this.#all.updateMany(filter, { $set: { st: pointerState.parked } }, { writeConcern: { w: 1 } }));
  }

  /** Puts parked ones back among those that may be taken. */
  async unpark(which: readonly Candidate[] | 'all'): Promise<void> {
    const filter: Filter<PointerDocument> = which === 'all' ? { s: this.#subscription } : { _id: { $in: which.map(({ _id }) => _id) } };
    await this.#context.store.attempt('claim', () => this.#all.updateMany({ ...filter, st: pointerState.parked }, { $set: { st: pointerState.live } }, { writeConcern: { w: 1 } }));
  }

  /** The same for the first one of a key, which stands for all of it; false: none is parked. */
  async unparkFirst(key: string): Promise<boolean> {
    return this.#context.store.attempt('settlement', async (attempt) => {
      const of: Filter<PointerDocument> = { s: this.#subscription, k: key };
      const first = await this.#all.findOneAndUpdate({ ...of, st: pointerState.parked }, { $set: { st: pointerState.live } }, { sort: { k: 1, ts: 1, q: 1 }, hint: laneIndex, projection: { _id: 1 }, writeConcern: { w: 1 } });
      return first !== null || (attempt > 1 && (await this.#all.findOne({ ...of, st: pointerState.live }, { hint: laneIndex, projection: { _id: 1 } })) !== null);
    });
  }

  /** The oldest that are parked. */
  parked(limit: number): Promise<Candidate[]> {
    return this.read('claim', { s: this.#subscription, st: pointerState.parked }, { at: 1, q: 1 }, limit);
  }

  /** What somebody else wrote is set aside among the dead letters: it must not be in the way for ever. */
  async setAside(ids: readonly string[]): Promise<void> {
    const note = { at: '$$NOW', n: 0, r: 'Undecodable' };
    const text = (field: string, otherwise: Document | string): Document => ({ $cond: [{ $eq: [{ $type: field }, 'string'] }, field, otherwise] });
    const change = { $set: { st: pointerState.dead, at: '$$NOW', n: 0, m: text('$m', { $toString: '$_id' }), q: { $cond: [{ $isNumber: '$q' }, '$q', 0] }, b: text('$b', ''), ts: '$$NOW', deaths: [note], ...forgotten } };
    await this.#context.store.attempt('dead letter', () => this.#all.updateMany({ _id: { $in: [...ids] }, s: this.#subscription, st: pointerState.live }, [change]));
  }

  get #all(): Collection<PointerDocument> {
    return this.#context.store.collection<PointerDocument>('cw_deliv');
  }

  get #concern(): { readonly w: 1; readonly j?: true } {
    return this.#journal() ? { w: 1, j: true } : { w: 1 };
  }
}

/** What ends with a lease and with a life. */
export const forgotten: Document = { tok: '$$REMOVE', l: '$$REMOVE', lk: '$$REMOVE', was: '$$REMOVE', sch: '$$REMOVE', lack: '$$REMOVE' };

/** Leases by pointer and token. No two live leases of one process are of one pointer, so that the two lists cannot mix. */
export function fence(leases: ReadonlyMap<string, string>): Filter<PointerDocument> {
  return { _id: { $in: [...leases.keys()] }, tok: { $in: [...new Set(leases.values())] } };
}
