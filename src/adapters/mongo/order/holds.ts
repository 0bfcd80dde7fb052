import type { Collection, Document, Filter } from 'mongodb';
import type { Context } from '../context.js';
import { isDuplicateKey } from '../connection/server-error.js';
import { Run } from '../delivery/run.js';
import type { HoldDocument } from '../layout/hold-document.js';
import { holdId } from '../layout/ids.js';
import { besideNow } from '../layout/now-filter.js';

/** What trying to hold keys brought. */
export interface Acquired {
  readonly runs: readonly Run[];
  /** When the first of those ends that somebody else has (the server's clock, ms); Infinity: none. */
  readonly nextUntil: number;
}

interface Stolen {
  /** By key: how often something was parked behind it. */
  readonly parked: ReadonlyMap<string, number>;
  readonly nextUntil: number;
  readonly missing: readonly string[];
}

const nothingStolen: Stolen = { parked: new Map(), nextUntil: Infinity, missing: [] };

/** So many keys are taken over one by one. */
const few = 4;

const quickly = { w: 1 } as const;

/**
 * Who has a key: nobody reads or takes a message of it without the hold. A hold that is over may be taken by anybody. One without anything parked behind it goes
 * when its run is settled, so that where there is none nothing of the key is in hand, delayed or parked.
 */
export class Holds {
  readonly #context: Context;
  readonly #subscription: string;

  constructor(context: Context, subscription: string) {
    this.#context = context;
    this.#subscription = subscription;
  }

  /** `likely`: keys that have a hold already, which may be over. */
  async acquire(keys: readonly string[], likely: ReadonlySet<string>, own: string, leaseMs: number): Promise<Acquired> {
    const known = keys.filter((key) => likely.has(key));
    const fresh = keys.filter((key) => !likely.has(key));
    const [inserted, quick] = await Promise.all([this.#insert(fresh, own, leaseMs), this.#stealFew(known, own, leaseMs)]);
    const others = keys.filter((key) => !inserted.has(key) && !quick.has(key));
    const { parked, nextUntil, missing } = others.length === 0 ? nothingStolen : await this.#steal(others, own, leaseMs);
    const late = await this.#insert(missing, own, leaseMs);
    const all = new Map([...quick, ...parked]);
    return { runs: this.#runs([...inserted, ...late, ...all.keys()], own, all), nextUntil };
  }

  runOf(key: string, own: string, parked?: number): Run {
    return new Run(key, holdId(this.#subscription, key), own, parked);
  }

  async renew(runs: readonly Run[], leaseMs: number): Promise<void> {
    if (runs.length === 0) return;
    await this.#context.store.attempt('renewal of leases', () => this.#all.updateMany(ownersOf(runs), [{ $set: { until: { $add: ['$$NOW', leaseMs] } } }], { writeConcern: quickly }));
  }

  /** Takes away those that nothing was parked behind since; answers the others. */
  async remove(runs: readonly Run[]): Promise<readonly Run[]> {
    if (runs.length === 0) return [];
    return this.#context.store.attempt('settlement', async () => {
      const { deletedCount } = await this.#all.deleteMany({ ...ownersOf(runs), w: { $exists: false } }, { writeConcern: quickly });
      if (deletedCount === runs.length) return [];
      const left = await this.#all.find(ownersOf(runs), { projection: { own: 1 } }).batchSize(runs.length + 1).toArray();
      const owners = new Map(left.map((hold) => [hold._id, hold.own]));
      return runs.filter(({ hold, own }) => owners.get(hold) === own);
    });
  }

  /** Takes it away unless something was parked behind it since; false: something was. */
  async removeParked({ hold, own }: Run, parked: number | undefined): Promise<boolean> {
    return this.#context.store.attempt('settlement', async () => {
      const { deletedCount } = await this.#all.deleteOne({ _id: hold, own, w: parked === undefined || parked === 0 ? { $exists: false } : parked }, { writeConcern: quickly });
      return deletedCount === 1 || (await this.#all.countDocuments({ _id: hold, own })) === 0;
    });
  }

  /** Lets it end; answers how often something was parked behind it. It stays for that. */
  async endNow({ hold, own }: Run): Promise<number | undefined> {
    const ended = await this.#context.store.attempt('settlement', () => this.#all.findOneAndUpdate({ _id: hold, own }, [{ $set: { until: '$$NOW' } }], { projection: { w: 1 }, writeConcern: quickly }));
    return ended?.w;
  }

  /** Lets it end then. It stays, for what is delayed. */
  async endAt({ hold, own }: Run, until: number): Promise<void> {
    await this.#context.store.attempt('settlement', () => this.#all.updateOne({ _id: hold, own }, { $set: { until: new Date(until) } }, { writeConcern: quickly }));
  }

  /** Something was parked behind these keys; answers the keys that are held no longer. */
  async mark(keys: readonly string[]): Promise<readonly string[]> {
    const _id = { $in: keys.map((key) => holdId(this.#subscription, key)) };
    return this.#context.store.attempt('claim', async () => {
      const { matchedCount } = await this.#all.updateMany({ _id }, { $inc: { w: 1 } }, { writeConcern: quickly });
      return matchedCount === keys.length ? [] : this.#free(keys);
    });
  }

  /** Of these keys, those that nobody holds. */
  async free(keys: readonly string[]): Promise<readonly string[]> {
    return this.#context.store.attempt('claim', () => this.#free(keys, besideNow<HoldDocument>(this.#context.store, 'until', '$gt')));
  }

  async #free(keys: readonly string[], those: Filter<HoldDocument> = {}): Promise<readonly string[]> {
    const found = await this.#all.find({ _id: { $in: keys.map((key) => holdId(this.#subscription, key)) }, ...those }, { projection: { _id: 1 } }).batchSize(keys.length + 1).toArray();
    const held = new Set(found.map(({ _id }) => _id));
    return keys.filter((key) => !held.has(holdId(this.#subscription, key)));
  }

  /** The server's time plus the lease, as far as it is known: whoever comes too early finds the messages leased. */
  async #insert(keys: readonly string[], own: string, leaseMs: number): Promise<ReadonlySet<string>> {
    if (keys.length === 0) return new Set();
    const { store } = this.#context;
    return store.attempt('claim', async (attempt) => {
      const until = new Date(store.clock.now() + leaseMs);
      const holds = keys.map((key): HoldDocument => ({ _id: holdId(this.#subscription, key), s: this.#subscription, own, until, n: 0 }));
      try {
        await this.#all.insertMany(holds, { ordered: false, writeConcern: quickly });
        return new Set(keys);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        if (attempt === 1) return inserted(keys, error);
        const mine = await this.#all.find({ _id: { $in: holds.map(({ _id }) => _id) }, own }, { projection: { _id: 1 } }).batchSize(keys.length + 1).toArray();
        const ids = new Set(mine.map(({ _id }) => _id));
        return new Set(keys.filter((key) => ids.has(holdId(this.#subscription, key))));
      }
    });
  }

  /** Of a few keys each in one step. */
  async #stealFew(keys: readonly string[], own: string, leaseMs: number): Promise<ReadonlyMap<string, number>> {
    const stolen = new Map<string, number>();
    if (keys.length > few) return stolen;
    await Promise.all(keys.map(async (key) => {
      const over: Filter<HoldDocument> = { _id: holdId(this.#subscription, key), ...besideNow<HoldDocument>(this.#context.store, 'until', '$lte') };
      const hold = await this.#context.store.attempt('claim', () => this.#all.findOneAndUpdate(over, [takeOver(own, leaseMs)], { projection: { w: 1 }, writeConcern: quickly }));
      if (hold !== null) stolen.set(key, hold.w ?? 0);
    }));
    return stolen;
  }

  async #steal(keys: readonly string[], own: string, leaseMs: number): Promise<Stolen> {
    const ids = keys.map((key) => holdId(this.#subscription, key));
    const over: Filter<HoldDocument> = { _id: { $in: ids }, ...besideNow<HoldDocument>(this.#context.store, 'until', '$lte') };
    const found = await this.#context.store.attempt('claim', async () => {
      await this.#all.updateMany(over, [takeOver(own, leaseMs)], { writeConcern: quickly });
      return this.#all.find({ _id: { $in: ids } }, { projection: { own: 1, until: 1, w: 1 } }).batchSize(ids.length + 1).toArray();
    });
    const byId = new Map(found.map((hold) => [hold._id, hold]));
    const parked = new Map<string, number>();
    const missing: string[] = [];
    let nextUntil = Infinity;
    for (const key of keys) {
      const hold = byId.get(holdId(this.#subscription, key));
      if (hold === undefined) missing.push(key);
      else if (hold.own === own) parked.set(key, hold.w ?? 0);
      else nextUntil = Math.min(nextUntil, hold.until.getTime());
    }
    return { parked, nextUntil, missing };
  }

  #runs(keys: readonly string[], own: string, parked: ReadonlyMap<string, number>): readonly Run[] {
    return keys.map((key) => this.runOf(key, own, parked.get(key)));
  }

  get #all(): Collection<HoldDocument> {
    return this.#context.store.collection<HoldDocument>('cw_holds');
  }
}

function ownersOf(runs: readonly Run[]): Filter<HoldDocument> {
  return { _id: { $in: runs.map(({ hold }) => hold) }, own: { $in: [...new Set(runs.map(({ own }) => own))] } };
}

function takeOver(own: string, leaseMs: number): Document {
  return { $set: { own: { $literal: own }, until: { $add: ['$$NOW', leaseMs] } } };
}

/** Which of an unordered insert went in. */
function inserted(keys: readonly string[], error: unknown): ReadonlySet<string> {
  const failed = new Set<unknown>();
  const errors: unknown = Reflect.get(Object(error), 'writeErrors');
  for (const one of Array.isArray(errors) ? errors : [errors]) failed.add(Reflect.get(Object(one), 'index'));
  return new Set(keys.filter((_key, index) => !failed.has(index)));
}
