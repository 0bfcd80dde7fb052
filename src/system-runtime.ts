import { randomUUID } from 'node:crypto';
import type { CancelTimer, Runtime } from './port/runtime.js';

/** The longest delay one Node timer can carry. */
const longestDelayMs = 2 ** 31 - 1;

/**
 * The real clock, queues and chance of this process. The clock is the wall clock at this call, counted on by the monotonic one: when
 * somebody sets the machine's clock, no lease ends early and none is renewed too late. Timers do not keep the process alive
 * (`stayAlive` does); a delay longer than a Node timer can carry is taken in several steps, and work never runs before its time.
 *
 * @example
 * ```ts
 * const broker = memoryBroker({ runtime: systemRuntime() });
 * ```
 */
export function systemRuntime(): Runtime {
  const startedAt = Date.now() - performance.now();
  const now = (): number => Math.floor(startedAt + performance.now());
  return {
    virtual: false,
    now,
    at: (time, work) => startTimer(now, time, work),
    soon: (work) => {
      queueMicrotask(work);
    },
    turn: (work) => {
      setImmediate(work);
    },
    stayAlive: () => holdProcess(),
    random: () => Math.random(),
    newId: () => randomUUID(),
  };
}

let holders = 0;
let anchor: NodeJS.Timeout | undefined;

/** One timer for all that hold the process, so that a thousand consumers cost no more than one. */
function holdProcess(): CancelTimer {
  let held = true;
  holders += 1;
  anchor ??= setInterval(() => undefined, longestDelayMs);
  return () => {
    if (!held) return;
    held = false;
    holders -= 1;
    if (holders > 0) return;
    clearInterval(anchor);
    anchor = undefined;
  };
}

function startTimer(now: () => number, time: number, work: () => void): CancelTimer {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const delayMs = Math.min(Math.max(0, time - now()), longestDelayMs);
    timer = setTimeout(tick, delayMs);
    timer.unref();
  };
  // A Node timer counts whole milliseconds from its start, and may run a little before its time.
  const tick = (): void => {
    if (now() < time) {
      arm();
      return;
    }
    timer = undefined;
    work();
  };
  arm();
  return () => {
    clearTimeout(timer);
    timer = undefined;
  };
}
