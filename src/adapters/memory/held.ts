import type { DeathNote } from '../../port/inspection.js';
import type { Due } from './due-heap.js';
import type { Entry } from './entry.js';

/** What a subscription remembers of a message that came back unsettled. A message that is simply acknowledged never has one. */
export class Held implements Due {
  readonly entry: Entry;
  readonly seq: number;
  /** Deliveries that count. */
  deliveries = 0;
  /** Of those, how many nobody took. */
  leaks = 0;
  /** A delivery ended without a word (lapse or leak): the next one may kill the process again. */
  risky = false;
  /** Earlier deaths of a redriven message. */
  history: readonly DeathNote[] = [];
  due = 0;
  place = -1;

  constructor(entry: Entry) {
    this.entry = entry;
    this.seq = entry.seq;
  }
}

/** A message that waits in a subscription: fresh, or with a past. */
export type Item = Entry | Held;

export function entryOf(item: Item): Entry {
  return item instanceof Held ? item.entry : item;
}

export function deliveriesOf(item: Item): number {
  return item instanceof Held ? item.deliveries : 0;
}
