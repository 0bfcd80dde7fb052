import type { Invariant, Violation } from './violation.js';

export const bounded: Invariant = {
  name: 'I12',
  says: 'a consumer never asks for more than its window leaves free',
  check: ({ events, plan }) => {
    const violations: Violation[] = [];
    // A clock that jumped back shows leases as running that were given up before.
    const jumped = new Set(plan.faults.flatMap((fault) => (fault.kind === 'jump' ? [fault.client] : [])));
    for (const event of events) {
      if (event.kind !== 'demand' || jumped.has(event.client.split('.')[0] ?? '')) continue;
      if (event.held + event.max > event.window) violations.push({ invariant: 'I12', at: event.at, text: `${event.client} asks for ${event.max} in ${event.sub} beside ${event.held} unsettled; its window is ${event.window}` });
    }
    return violations;
  },
};
