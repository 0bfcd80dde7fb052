import { isPossible, isTerminal } from './stories.js';
import type { Invariant } from './violation.js';

export const recovery: Invariant = {
  name: 'I10',
  says: 'what is available again is handed out soon: after a death within the lease, after a retry when it is due, after a release at once',
  check: ({ rules }, { messages }, say, excuses) => {
    for (const { plan: { sub, policy }, n, publish, leases } of messages) {
      // With an order it may have to wait for those before it.
      if (policy.order !== 'none') continue;
      const first = leases[0]?.claimed;
      if (rules.promptMs !== undefined && first !== undefined && publish?.how === 'ok' && publish.item.delayMs === undefined && first.t - publish.to > rules.promptMs) say(first.t, `message ${n} in ${sub} waited ${(first.t - publish.to).toFixed(0)} ms for its first delivery, the most is ${rules.promptMs}`);
      leases.forEach(({ claimed }, index) => {
        const before = leases[index - 1];
        if (before === undefined) return;
        const back = before.settles.find((settle) => isPossible(settle) && !isTerminal(settle) && settle.from <= claimed.t);
        const delays = policy.retryBackoffMs;
        const delay = back?.action === 'retry' ? (back.delayMs ?? delays[Math.min(before.claimed.count, delays.length) - 1] ?? 0) : 0;
        const since = back === undefined || back.how !== 'ok' ? Math.max(before.until, claimed.t - policy.visibilityTimeoutMs) : back.to + delay;
        const lateMs = claimed.t - excuses.wellSince(since, claimed.t);
        if (lateMs > rules.recoveryMs) say(claimed.t, `message ${n} in ${sub} was available for ${lateMs.toFixed(0)} ms after ${before.claimed.lease}, the most is ${rules.recoveryMs}`);
      });
    }
  },
};
