import type { Filter } from 'mongodb';
import type { Candidate } from '../delivery/candidate.js';
import { laneIndex, type Pointers } from '../delivery/pointers.js';
import { pointerIds } from '../layout/ids.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';

/** What there is of a key, lowest first. */
export interface Lane {
  readonly pointers: readonly Candidate[];
  /** There may be more than was read. */
  readonly isCut: boolean;
}

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
  readonly #pointers: Pointers;
  readonly #subscription: string;
  /** The lowest pointer that may be unsettled, where one order is kept for all. */
  #floor: string | undefined = undefined;

  constructor(pointers: Pointers, subscription: string) {
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
    const pointers = await this.#pointers.read('claim', { _id: { $gte: this.#floor ?? $gte, $lt }, ...unsettled }, { _id: 1 }, limit);
    this.#floor = pointers[0]?._id ?? this.#floor;
    return { pointers, isCut: pointers.length === limit };
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
    const pointers = await this.#pointers.read('claim', this.#of({ $eq: key }), { k: 1, q: 1 }, limit, laneIndex);
    return [key, { pointers, isCut: pointers.length === limit }];
  }

  /** Whoever has many may take the place of those behind it: these are missing then. */
  async #together(keys: readonly string[]): Promise<Map<string, Lane>> {
    if (keys.length === 0) return new Map();
    const limit = keys.length * shallow + 16;
    const found = await this.#pointers.read('claim', this.#of({ $in: [...keys] }), { k: 1, q: 1 }, limit, laneIndex);
    const isCut = found.length === limit;
    const last = found.at(-1)?.k;
    const lanes = new Map<string, Candidate[]>(isCut ? [] : keys.map((key) => [key, []]));
    for (const pointer of found) {
      const key = pointer.k ?? '';
      const lane = lanes.get(key);
      if (lane === undefined) lanes.set(key, [pointer]);
      else lane.push(pointer);
    }
    return new Map([...lanes].map(([key, pointers]) => [key, { pointers, isCut: isCut && key === last }]));
  }

  #of(k: { readonly $eq: string } | { readonly $in: string[] }): Filter<PointerDocument> {
    return { s: this.#subscription, k, ...unsettled };
  }
}

/** Parked ones as well; what is only scheduled is not there yet. */
const unsettled: Filter<PointerDocument> = { st: { $in: [pointerState.live, pointerState.parked] }, $or: [{ sch: { $ne: true } }, { n: { $gt: 0 } }, { $expr: { $lte: ['$at', '$$NOW'] } }] };
