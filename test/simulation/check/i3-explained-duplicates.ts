import { Disturbances } from './disturbances.js';
import type { Invariant, Violation } from './violation.js';

export const explainedDuplicates: Invariant = {
  name: 'I3',
  says: 'every further delivery follows a retry, a release, or a lapse that a fault of its holder explains',
  check: (record, { messages, copies }) => {
    const violations: Violation[] = [];
    const disturbances = new Disturbances(record);
    for (const { sub, n, leases } of messages) {
      for (const { leased, at, end } of leases) {
        if (end?.kind === 'lapsed') {
          if (!disturbances.touch(leased.client, at, end.at)) violations.push({ invariant: 'I3', at: end.at, n, text: `the lease ${leased.lease} of message ${n} in ${sub} lapsed at ${leased.client}, which nothing had befallen` });
        } else if (end?.event.action === 'leak') {
          violations.push({ invariant: 'I3', at: end.at, n, text: `message ${n} in ${sub} counts as leaked at ${leased.client}; every delivery is taken there` });
        }
      }
    }
    for (const [n, ids] of copies) {
      const isKeyed = record.plan.publishes.some(({ messages: planned }) => planned.some((message) => message.n === n && message.idempotencyKey !== undefined));
      if (ids.size > 1 && isKeyed) violations.push({ invariant: 'I3', at: 0, n, text: `message ${n} has an idempotency key and was stored ${ids.size} times` });
    }
    return violations;
  },
};
