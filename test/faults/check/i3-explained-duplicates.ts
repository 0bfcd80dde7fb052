import { isPossible, isTerminal, type LeaseStory } from './stories.js';
import type { Invariant } from './violation.js';

/** The holder itself handed it back, as far as is known. */
function handedBack({ settles }: LeaseStory, before: number): boolean {
  return settles.some((settle) => settle.from <= before && isPossible(settle) && !isTerminal(settle));
}

export const explainedDuplicates: Invariant = {
  name: 'I3',
  says: 'every further delivery follows a retry, a release, or a lapse that a fault of its holder explains; with an idempotency key one copy is stored',
  check: (_record, { messages, copies, publishes }, say, excuses) => {
    for (const { plan, n, leases } of messages) {
      leases.forEach(({ claimed }, index) => {
        const before = leases[index - 1];
        if (before === undefined || handedBack(before, claimed.t) || excuses.mayRewind) return;
        if (!excuses.touch(before.claimed.process, before.claimed.t, claimed.t)) say(claimed.t, `message ${n} comes again in ${plan.sub}, although nothing had befallen ${before.claimed.process}, which held it as ${before.claimed.lease}`);
      });
    }
    for (const [n, ids] of copies) {
      const publish = publishes.get(n);
      if (publish?.item.idempotencyKey !== undefined && ids.size > 1 && !excuses.mayBeGone(publish)) say(publish.from, `message ${n} has an idempotency key and was stored as ${[...ids].join(', ')}`);
    }
  },
};
