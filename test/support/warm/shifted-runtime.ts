import type { Runtime } from '../../../src/port/runtime.js';
import { systemRuntime } from '../../../src/system-runtime.js';

/** The time of this process, and more of it where a test says so: a server that ends things by its own clock ends nothing too early. */
export function shiftedRuntime(): { readonly runtime: Runtime; readonly pass: (days: number) => void } {
  const system = systemRuntime();
  let shift = 0;
  const runtime: Runtime = {
    virtual: false,
    now: () => system.now() + shift,
    at: (time, run) => system.at(time - shift, run),
    soon: (run) => { system.soon(run); },
    turn: (run) => { system.turn(run); },
    newId: () => system.newId(),
    random: () => system.random(),
    stayAlive: () => system.stayAlive(),
  };
  return { runtime, pass: (days) => { shift += days * 86_400_000; } };
}
