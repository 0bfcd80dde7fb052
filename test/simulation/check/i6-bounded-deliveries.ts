import type { Invariant, Violation } from './violation.js';

export const boundedDeliveries: Invariant = {
  name: 'I6',
  says: 'a message is delivered at most maxDeliveries times; the count is the broker\'s, grows by failure and lapse only, and never goes back',
  check: (_record, { messages }) => {
    const violations: Violation[] = [];
    for (const { sub, n, policy, leases } of messages) {
      let used = 0;
      for (const { leased, at, end } of leases) {
        const expected = used + 1;
        if (leased.count !== expected) violations.push({ invariant: 'I6', at, n, text: `delivery ${leased.lease} of message ${n} in ${sub} is counted ${leased.count}, it is number ${expected}` });
        if (expected > policy.maxDeliveries) violations.push({ invariant: 'I6', at, n, text: `message ${n} in ${sub} is delivered for the ${expected}th time, the most is ${policy.maxDeliveries}` });
        used = end?.kind === 'settled' && end.event.action === 'release' ? used : expected;
      }
    }
    return violations;
  },
};
