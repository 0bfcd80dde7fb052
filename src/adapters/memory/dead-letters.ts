import type { DeadLetterRecord, DeathNote } from '../../port/inspection.js';
import { snapshot } from './entry.js';
import type { Entry } from './entry.js';

/** A dead message; it keeps the message itself, whatever the log does with its own. */
export interface Dead {
  readonly entry: Entry;
  readonly history: readonly DeathNote[];
  readonly last: DeathNote;
}

/** The dead letters of one subscription, in the order of their deaths. */
export class DeadLetters {
  readonly #byId: Map<string, Dead> = new Map();

  get size(): number {
    return this.#byId.size;
  }

  add(entry: Entry, earlier: readonly DeathNote[], last: DeathNote): void {
    this.#byId.set(entry.id, { entry, history: [...earlier, last], last });
  }

  take(id: string): Dead | undefined {
    const dead = this.#byId.get(id);
    if (dead !== undefined) this.#byId.delete(id);
    return dead;
  }

  /** The ids that fit, the oldest death first. */
  select(ids: readonly string[] | undefined, reason: string | undefined, max: number): string[] {
    const wanted = ids === undefined ? undefined : new Set(ids);
    const selected: string[] = [];
    for (const [id, dead] of this.#byId) {
      if (selected.length >= max) break;
      if (wanted !== undefined && !wanted.has(id)) continue;
      if (reason !== undefined && dead.last.reason !== reason) continue;
      selected.push(id);
    }
    return selected;
  }

  peek(subscription: string, limit: number): DeadLetterRecord[] {
    const records: DeadLetterRecord[] = [];
    for (const dead of this.#byId.values()) {
      if (records.length >= limit) break;
      records.push({ message: snapshot(dead.entry), subscription, deliveryCount: dead.last.deliveryCount, history: dead.history });
    }
    return records;
  }

  clear(): number {
    const count = this.#byId.size;
    this.#byId.clear();
    return count;
  }
}
