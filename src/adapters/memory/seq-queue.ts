/** What stands in a {@link SeqQueue}. */
export interface Placed {
  readonly seq: number;
}

/**
 * Items by place in the log, the lowest first. What comes in rising order, as nearly everything does, costs O(1) in and
 * out; what comes back out of turn goes through a heap.
 */
export class SeqQueue<T extends Placed> {
  #run: (T | undefined)[] = [];
  #head = 0;
  readonly #heap: T[] = [];

  get size(): number {
    return this.#run.length - this.#head + this.#heap.length;
  }

  peek(): T | undefined {
    const first = this.#run[this.#head];
    const early = this.#heap[0];
    if (first === undefined) return early;
    return early !== undefined && early.seq < first.seq ? early : first;
  }

  push(item: T): void {
    const run = this.#run;
    if (run.length === this.#head) {
      run.length = 0;
      this.#head = 0;
      run.push(item);
      return;
    }
    const last = run[run.length - 1];
    if (last === undefined || last.seq < item.seq) run.push(item);
    else heapPush(this.#heap, item);
  }

  pop(): T | undefined {
    const first = this.#run[this.#head];
    const early = this.#heap[0];
    if (early !== undefined && (first === undefined || early.seq < first.seq)) return heapPop(this.#heap);
    if (first === undefined) return undefined;
    this.#run[this.#head++] = undefined;
    if (this.#head === this.#run.length) {
      this.#run.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 > this.#run.length) {
      this.#run = this.#run.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  /** Every item, in no particular order. */
  *[Symbol.iterator](): Generator<T> {
    for (let index = this.#head; index < this.#run.length; index++) {
      const item = this.#run[index];
      if (item !== undefined) yield item;
    }
    yield* this.#heap;
  }

  /** Takes everything out, lowest first. */
  drain(): T[] {
    const all = [...this].sort((left, right) => left.seq - right.seq);
    this.#run = [];
    this.#head = 0;
    this.#heap.length = 0;
    return all;
  }

  /** Takes out what `unwanted` says yes to; answers how many that were. */
  filterOut(unwanted: (item: T) => boolean): number {
    const before = this.size;
    for (const item of this.drain()) if (!unwanted(item)) this.push(item);
    return before - this.size;
  }
}

function heapPush<T extends Placed>(heap: T[], item: T): void {
  let place = heap.length;
  heap.push(item);
  while (place > 0) {
    const above = (place - 1) >>> 1;
    const parent = heap[above] as T;
    if (parent.seq <= item.seq) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = item;
}

function heapPop<T extends Placed>(heap: T[]): T | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return top;
  let place = 0;
  for (;;) {
    let below = place * 2 + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && (heap[below + 1] as T).seq < (heap[below] as T).seq) below++;
    const child = heap[below] as T;
    if (child.seq >= last.seq) break;
    heap[place] = child;
    place = below;
  }
  heap[place] = last;
  return top;
}
