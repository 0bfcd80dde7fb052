import type { CancelTimer, Runtime } from '../../src/port/runtime.js';

/** A runtime whose clock stands still until it is told to go on. */
export interface VirtualRuntime extends Runtime {
  /**
   * Moves the clock on, timer by timer in the order of their times (and of their making, at one time). Whatever runs
   * sees the time it was meant for. 0 runs what is due at this instant.
   */
  advance(ms: number): void;
  /** Runs what waits for this instant: first everything `soon`, then one `turn` after the other. */
  runSoon(): void;
  /** Timers that are running. */
  readonly timers: number;
}

export interface VirtualRuntimeOptions {
  /** Where the clock begins, in ms since the epoch. Default: 1 000 000. */
  readonly start?: number | undefined;
  /** Seed of the random numbers. Default: 1. */
  readonly seed?: number | undefined;
}

interface Timer {
  readonly time: number;
  readonly order: number;
  readonly work: () => void;
}

export function virtualRuntime({ start = 1_000_000, seed = 1 }: VirtualRuntimeOptions = {}): VirtualRuntime {
  let now = start;
  let order = 0;
  let ids = 0;
  let state = seed >>> 0;
  let soon: (() => void)[] = [];
  const turns: (() => void)[] = [];
  const timers: Timer[] = [];

  const at = (time: number, work: () => void): CancelTimer => {
    const timer: Timer = { time: Math.max(time, now), order: order++, work };
    insert(timers, timer);
    return () => {
      const place = timers.indexOf(timer);
      if (place >= 0) timers.splice(place, 1);
    };
  };

  const runSoon = (): void => {
    for (;;) {
      while (soon.length > 0) {
        const batch = soon;
        soon = [];
        for (const work of batch) work();
      }
      const turn = turns.shift();
      if (turn === undefined) return;
      turn();
    }
  };

  const advance = (ms: number): void => {
    const end = now + ms;
    runSoon();
    for (let next = timers[0]; next !== undefined && next.time <= end; next = timers[0]) {
      timers.shift();
      now = Math.max(now, next.time);
      next.work();
      runSoon();
    }
    now = end;
  };

  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };

  return {
    virtual: true,
    now: () => now,
    at,
    soon: (work) => {
      soon.push(work);
    },
    stayAlive: () => () => undefined,
    turn: (work) => {
      turns.push(work);
    },
    random,
    newId: () => `v${++ids}`,
    advance,
    runSoon,
    get timers() {
      return timers.length;
    },
  };
}

/** Keeps the list sorted by time, then by order; binary search, as long simulations have many timers. */
function insert(timers: Timer[], timer: Timer): void {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = timers[middle] as Timer;
    if (other.time <= timer.time) low = middle + 1;
    else high = middle;
  }
  timers.splice(low, 0, timer);
}
