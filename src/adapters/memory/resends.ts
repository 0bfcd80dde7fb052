import type { PublishReceipt } from '../../port/publisher.js';

/** A power of two: a token finds its chain with a mask. */
const capacity = 4_096;
const mask = capacity - 1;

/** The most receipts that are kept as such, over all batches. */
const keptReceipts = 65_536;

/** What a batch was answered: its messages stand in a row from `firstSeq` on, all of one time, or the receipts say more than that. */
export interface BatchAnswer {
  readonly firstSeq: number;
  readonly count: number;
  readonly publishedAt: number;
  readonly receipts: readonly PublishReceipt[] | undefined;
}

/**
 * The latest batch tokens of the broker with their answers. It stands in the way of every single publish and hardly ever
 * finds anything, so it is a ring with chains in typed arrays: a Map of this size costs more than the rest of a publish.
 */
export class Resends {
  readonly #tokens: (string | undefined)[] = new Array<string | undefined>(capacity).fill(undefined);
  readonly #receipts: (readonly PublishReceipt[] | undefined)[] = new Array<undefined>(capacity).fill(undefined);
  readonly #topics = new Int32Array(capacity);
  readonly #chains = new Int32Array(capacity);
  readonly #firstSeqs = new Float64Array(capacity);
  readonly #counts = new Int32Array(capacity);
  readonly #times = new Float64Array(capacity);
  /** The youngest slot of each chain, and the next older one of each slot; -1 ends it. */
  readonly #heads = new Int32Array(capacity).fill(-1);
  readonly #older = new Int32Array(capacity);
  #next = 0;
  #oldest = 0;
  #weight = 0;

  find(topic: number, token: string): BatchAnswer | undefined {
    for (let slot = this.#heads[chainOf(token)] as number; slot >= 0; slot = this.#older[slot] as number) {
      if (this.#topics[slot] === topic && this.#tokens[slot] === token) {
        return { firstSeq: this.#firstSeqs[slot] as number, count: this.#counts[slot] as number, publishedAt: this.#times[slot] as number, receipts: this.#receipts[slot] };
      }
    }
    return undefined;
  }

  add(topic: number, token: string, { firstSeq, count, publishedAt, receipts }: BatchAnswer): void {
    const slot = this.#next;
    if (this.#tokens[slot] !== undefined) this.#forgetOldest();
    const chain = chainOf(token);
    this.#tokens[slot] = token;
    this.#topics[slot] = topic;
    this.#chains[slot] = chain;
    this.#firstSeqs[slot] = firstSeq;
    this.#counts[slot] = count;
    this.#times[slot] = publishedAt;
    this.#older[slot] = this.#heads[chain] as number;
    this.#heads[chain] = slot;
    this.#next = (slot + 1) & mask;
    if (receipts === undefined) return;
    this.#receipts[slot] = receipts;
    this.#weight += receipts.length;
    while (this.#weight > keptReceipts && this.#oldest !== slot) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const slot = this.#oldest;
    this.#oldest = (slot + 1) & mask;
    this.#tokens[slot] = undefined;
    const receipts = this.#receipts[slot];
    if (receipts !== undefined) {
      this.#weight -= receipts.length;
      this.#receipts[slot] = undefined;
    }
    const chain = this.#chains[slot] as number;
    let younger = this.#heads[chain] as number;
    if (younger === slot) {
      this.#heads[chain] = this.#older[slot] as number;
      return;
    }
    while (this.#older[younger] !== slot) younger = this.#older[younger] as number;
    this.#older[younger] = this.#older[slot] as number;
  }
}

/** By the end of the token, where tokens differ. */
function chainOf(token: string): number {
  let hash = token.length;
  for (let index = Math.max(0, token.length - 8); index < token.length; index++) hash = (Math.imul(hash, 31) + token.charCodeAt(index)) | 0;
  return (hash ^ (hash >>> 12)) & mask;
}
