import { availableSince, Turns } from './turns.js';
import type { Invariant } from './violation.js';

export const recovery: Invariant = {
  name: 'I10',
  says: 'what is available again is handed out soon, when it is its turn: after a death within the lease, after a retry when it is due, after a release at once',
  check: ({ rules }, { messages }, say, excuses) => {
    const turns = new Turns(messages);
    for (const story of messages) {
      const { plan: { sub, policy }, n, publish, leases } = story;
      // With an order it may have to wait for those before it.
      if (policy.order !== 'none') continue;
      const first = leases[0]?.claimed;
      if (rules.promptMs !== undefined && first !== undefined && publish?.how === 'ok' && publish.item.delayMs === undefined && first.t - publish.to > rules.promptMs) say(first.t, `message ${n} in ${sub} waited ${(first.t - publish.to).toFixed(0)} ms for its first delivery, the most is ${rules.promptMs}`);
      leases.forEach(({ claimed }, index) => {
        const before = leases[index - 1];
        if (before === undefined) return;
        const since = turns.begins(sub, availableSince(story, index), claimed.t);
        const lateMs = claimed.t - excuses.wellSince(since, claimed.t);
        if (lateMs > rules.recoveryMs) say(claimed.t, `message ${n} in ${sub} was available for ${lateMs.toFixed(0)} ms after ${before.claimed.lease}, the most is ${rules.recoveryMs}`);
      });
    }
  },
};
