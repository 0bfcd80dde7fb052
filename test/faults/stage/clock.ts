import type { Runtime } from '../../../src/port/runtime.js';
import { systemRuntime } from '../../../src/system-runtime.js';
import type { MemberPlan } from './plan.js';

/** The time of a member: that of the machine, or so much ahead of it or behind. */
export function runtimeOf({ aheadMs = 0 }: Pick<MemberPlan, 'aheadMs'> = {}): Runtime {
  const system = systemRuntime();
  if (aheadMs === 0) return system;
  return { ...system, now: () => system.now() + aheadMs, at: (time, work) => system.at(time - aheadMs, work) };
}
