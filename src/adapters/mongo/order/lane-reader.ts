import type { Filter } from 'mongodb';
import type { MongoStore } from '../connection/store.js';
import type { Candidate } from '../delivery/candidate.js';
import { laneIndex, scheduledIndex, type Pointers } from '../delivery/pointers.js';
import { pointerIds } from '../layout/ids.js';
import { besideNow } from '../layout/now-filter.js';
import { inPlace } from '../layout/place.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';

/** What there is of a key, by its place. */
export type Lane = readonly Candidate[];

/** A key, and how many of it are to be read. */
export interface Asked {
  readonly key: string;
  readonly limit: number;
  /** Much is to be expected: it is read for itself. */
  readonly isDeep: boolean;
}

/** So many of one key are read along with others. */
const shallow = 4;
/** So many keys are read one by one, at most, where others took the place. */
const mostAlone = 32;

/** Reads keys that are held: everything that is unsettled, in order. */
export class LaneReader {
  readonly #store: Pick<MongoStore, 'probes' | 'clock'>;
  readonly #pointers: Pointers;
  readonly #subscription: string;
  /** The lowest pointer that may be unsettled, where one order is kept for all. */
  #floor: string | undefined = undefined;

  constructor(store: Pick<MongoStore, 'probes' | 'clock'>, pointers: Pointers, subscription: string) {
    this.#store = store;
    this.#pointers = pointers;
    this.#subscription = subscription;
  }

  /** A pointer was seen: what came back may lie below what was read last. */
  seen({ _id }: Candidate): void {
    if (this.#floor !== undefined && _id < this.#floor) this.#floor = _id;
  }

  /** All messages as one lane. Whoever calls holds it. */
  async strict(limit: number): Promise<Lane> {
    const { $gte, $lt } = pointerIds(this.#subscription);
    const [published, due] = await Promise.all([
      // Their ids are in the order of their places.
      this.#pointers.read('claim', { _id: { $gte: this.#floor ?? $gte, $lt }, sch: { $ne: true }, ...this.#there }, { _id: 1 }, limit),
      this.#pointers.read('claim', { s: this.#subscription, sch: true, ...this.#there }, { ts: 1, q: 1 }, limit, scheduledIndex),
    ]);
    this.#floor = published[0]?._id ?? this.#floor;
    return inPlace(published, due, limit);
  }

  /** Keys that could not be read are missing from the answer. */
  async byKey(asked: readonly Asked[]): Promise<ReadonlyMap<string, Lane>> {
    const deep = asked.filter(({ isDeep }) => isDeep);
    const together = asked.filter(({ isDeep }) => !isDeep);
    const [lanes, ...own] = await Promise.all([this.#together(together.map(({ key }) => key)), ...deep.slice(0, mostAlone).map((one) => this.#one(one))]);
    const left = together.filter(({ key }) => !lanes.has(key)).slice(0, mostAlone - Math.min(mostAlone, deep.length));
    const late = await Promise.all(left.map((one) => this.#one(one)));
    return new Map([...lanes, ...own, ...late]);
  }

  async #one({ key, limit }: Asked): Promise<readonly [string, Lane]> {
    return [key, await this.#pointers.read('claim', this.#of({ $eq: key }), { k: 1, ts: 1, q: 1 }, limit, laneIndex)];
  }

  /** Whoever has many may take the place of those behind it: these are missing then. */
  async #together(keys: readonly string[]): Promise<ReadonlyMap<string, Lane>> {
    if (keys.length === 0) return new Map();
    const limit = keys.length * shallow + 16;
    const found = await this.#pointers.read('claim', this.#of({ $in: [...keys] }), { k: 1, ts: 1, q: 1 }, limit, laneIndex);
    const lanes = new Map<string, Candidate[]>(found.length === limit ? [] : keys.map((key) => [key, []]));
    for (const pointer of found) {
      const key = pointer.k ?? '';
      const lane = lanes.get(key);
      if (lane === undefined) lanes.set(key, [pointer]);
      else lane.push(pointer);
    }
    return lanes;
  }

  #of(k: { readonly $eq: string } | { readonly $in: string[] }): Filter<PointerDocument> {
    return { s: this.#subscription, k, ...this.#there };
  }

  /** Parked ones as well; what is only scheduled is not there yet. */
  get #there(): Filter<PointerDocument> {
    return { st: { $in: [pointerState.live, pointerState.parked] }, ...besideNow<PointerDocument>(this.#store, 'ts', '$lte') };
  }
}
