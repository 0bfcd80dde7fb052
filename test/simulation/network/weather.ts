import type { FaultPlan } from '../plan/plan.js';

/** What befalls the calls of one line at a time. */
export interface Sky {
  readonly cut: boolean;
  readonly lossy: boolean;
  readonly slow: boolean;
}

const clear: Sky = Object.freeze({ cut: false, lossy: false, slow: false });

/** The faults of lines, by client and time. */
export class Weather {
  readonly #faults: ReadonlyMap<string, readonly FaultPlan[]>;

  constructor(faults: readonly FaultPlan[]) {
    this.#faults = grouped(faults);
  }

  of(client: string, time: number): Sky {
    const faults = this.#faults.get(client);
    if (faults === undefined) return clear;
    const is = (kind: FaultPlan['kind']): boolean => faults.some((fault) => fault.kind === kind && 'forMs' in fault && fault.at <= time && time < fault.at + fault.forMs);
    return { cut: is('cut'), lossy: is('lossy'), slow: is('slow') };
  }
}

function grouped(faults: readonly FaultPlan[]): ReadonlyMap<string, readonly FaultPlan[]> {
  const groups = new Map<string, FaultPlan[]>();
  for (const fault of faults) {
    const group = groups.get(fault.client);
    if (group === undefined) groups.set(fault.client, [fault]);
    else group.push(fault);
  }
  return groups;
}
