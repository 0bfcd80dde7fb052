import type { LeaseStory } from './stories.js';
import type { Invariant, Violation } from './violation.js';

export const lastAttemptAlone: Invariant = {
  name: 'alone',
  says: 'the last attempt of a message that lapsed before runs alone, so that what kills its process takes nobody along',
  check: (_record, { messages, leases }) => {
    const violations: Violation[] = [];
    const byConsumer = new Map<string, LeaseStory[]>();
    for (const lease of leases.values()) {
      const others = byConsumer.get(lease.leased.consumer);
      if (others === undefined) byConsumer.set(lease.leased.consumer, [lease]);
      else others.push(lease);
    }
    for (const { sub, n, policy, leases: own } of messages) {
      if (policy.maxDeliveries === 1) continue;
      for (const [index, lease] of own.entries()) {
        if (lease.leased.count < policy.maxDeliveries || !own.slice(0, index).some(({ end }) => end?.kind === 'lapsed')) continue;
        const until = lease.end?.seq ?? Infinity;
        const beside = byConsumer.get(lease.leased.consumer)?.find((other) => other !== lease && other.seq < until && (other.end?.seq ?? Infinity) > lease.seq && other.until > lease.leased.b);
        if (beside !== undefined) violations.push({ invariant: 'alone', at: lease.at, n, text: `the last attempt ${lease.leased.lease} of message ${n} in ${sub} runs beside ${beside.leased.lease} at ${lease.leased.client}` });
      }
    }
    return violations;
  },
};
