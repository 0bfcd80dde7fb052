import type { VirtualTimeScheduler } from 'rxjs';
import type { CancelTimer, Runtime } from '../src/port/runtime.js';

/** Options of {@link schedulerRuntime}. */
export interface SchedulerRuntimeOptions {
  /** Seed of the random numbers (jitter), a whole number. Default: 1. */
  readonly seed?: number | undefined;
}

/**
 * A runtime on RxJS' virtual time: one frame is one millisecond, starting at 0. Inside `TestScheduler.run` everything that
 * Chronow does then happens at exact frames. Ids and random numbers are the same in every run.
 */
export function schedulerRuntime(scheduler: VirtualTimeScheduler, options: SchedulerRuntimeOptions = {}): Runtime {
  let state = (options.seed ?? 1) >>> 0;
  let ids = 0;
  const at = (time: number, work: () => void): CancelTimer => {
    const action = scheduler.schedule(work, Math.max(0, time - scheduler.now()));
    return () => { action.unsubscribe(); };
  };
  const soon = (work: () => void): void => { at(scheduler.now(), work); };
  return {
    virtual: true,
    now: () => scheduler.now(),
    at,
    soon,
    turn: soon,
    stayAlive: () => () => undefined,
    // Mulberry32: small, seeded, good enough for jitter.
    random: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
    newId: () => {
      ids += 1;
      return `v${String(ids)}`;
    },
  };
}
