import type { PendingBatch } from './pending-batch.js';

const mostBatches = 4_096;
const mostMessages = 65_536;

/** The latest batches of a topic by their tokens: two maps take turns, so that forgetting costs nothing. */
export class KnownBatches {
  #young: Map<string, PendingBatch> = new Map();
  #old: Map<string, PendingBatch> = new Map();
  #weight = 0;

  find(token: string): PendingBatch | undefined {
    return this.#young.get(token) ?? this.#old.get(token);
  }

  add(token: string, batch: PendingBatch): void {
    if (this.#young.size >= mostBatches || this.#weight >= mostMessages) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#weight = 0;
    }
    this.#young.set(token, batch);
    this.#weight += batch.weight;
  }

  forget(token: string): void {
    this.#young.delete(token);
    this.#old.delete(token);
  }
}
