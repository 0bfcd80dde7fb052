/** Something that happens at a time. */
export interface Timer {
  readonly time: number;
  /** Of two at one time the one that was made first runs first. */
  readonly order: number;
  work: (() => void) | undefined;
}

/** Timers, the next one on top. `TestScheduler` sorts its whole list on every call: 20 000 timers take it ten seconds. */
export class TimerHeap {
  readonly #timers: Timer[] = [];

  get size(): number {
    return this.#timers.length;
  }

  get top(): Timer | undefined {
    return this.#timers[0];
  }

  push(timer: Timer): void {
    const timers = this.#timers;
    let place = timers.length;
    timers.push(timer);
    while (place > 0) {
      const above = (place - 1) >>> 1;
      const other = timers[above];
      if (other === undefined || !isBefore(timer, other)) break;
      timers[place] = other;
      place = above;
    }
    timers[place] = timer;
  }

  pop(): Timer | undefined {
    const timers = this.#timers;
    const top = timers[0];
    const last = timers.pop();
    if (top === undefined || last === undefined || last === top) return top;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      let next = timers[below];
      if (next === undefined) break;
      const right = timers[below + 1];
      if (right !== undefined && isBefore(right, next)) {
        next = right;
        below += 1;
      }
      if (!isBefore(next, last)) break;
      timers[place] = next;
      place = below;
    }
    timers[place] = last;
    return top;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
