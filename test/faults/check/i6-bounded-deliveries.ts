import { isPossible, type LeaseStory } from './stories.js';
import type { Invariant } from './violation.js';

/** Handed back unused, so its attempt does not count. */
function mayBeRefunded({ settles }: LeaseStory): boolean {
  return settles.some((settle) => settle.action === 'release' && isPossible(settle));
}

export const boundedDeliveries: Invariant = {
  name: 'I6',
  says: 'a message is delivered at most maxDeliveries times; every delivery that was not given back counts, and the count never goes back',
  check: (_record, { messages }, say, excuses) => {
    for (const { plan: { sub, policy }, n, leases } of messages) {
      let refunded = 0;
      leases.forEach((lease, index) => {
        const { count, t, lease: name } = lease.claimed;
        if (count > policy.maxDeliveries) say(t, `message ${n} in ${sub} is delivered for the ${count}th time, the most is ${policy.maxDeliveries}`);
        // By their counts: so many deliveries with this count or a lower one, and no more than were given back came for nothing.
        if (mayBeRefunded(lease)) refunded += 1;
        if (index + 1 - refunded > count && !excuses.mayRewind) say(t, `delivery ${name} of message ${n} in ${sub} is counted ${count}; at least ${index + 1 - refunded} had been made`);
      });
    }
  },
};
