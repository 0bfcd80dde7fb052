/** What stands in a {@link DueHeap}. `place` belongs to the heap. */
export interface Due {
  due: number;
  readonly seq: number;
  place: number;
}

/** Items by due time, then by `seq`. Each knows its place, so that one can be taken out of the middle. */
export class DueHeap<T extends Due> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** When the first item is due; Infinity when there is none. */
  get nextDue(): number {
    const first = this.#items[0];
    return first === undefined ? Infinity : first.due;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values();
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** The first item, if it is due by `now`. */
  popDue(now: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || first.due > now) return undefined;
    this.remove(first);
    return first;
  }

  remove(item: T): void {
    const place = item.place;
    const last = this.#items.pop();
    item.place = -1;
    if (last === undefined || last === item) return;
    const above = this.#items[(place - 1) >>> 1];
    if (place > 0 && above !== undefined && isBefore(last, above)) this.#rise(last, place);
    else this.#sink(last, place);
  }

  clear(): void {
    this.#items.length = 0;
  }

  #rise(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >>> 1;
      const parent = this.#items[above] as T;
      if (isBefore(parent, item)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  #sink(item: T, from: number): void {
    const items = this.#items;
    let place = from;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && isBefore(items[below + 1] as T, items[below] as T)) below++;
      const child = items[below] as T;
      if (!isBefore(child, item)) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(item, place);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }
}

function isBefore(left: Due, right: Due): boolean {
  return left.due < right.due || (left.due === right.due && left.seq < right.seq);
}
