import { isEffective } from './stories.js';
import { Turns } from './turns.js';
import type { Invariant } from './violation.js';

/** Clocks count whole milliseconds. */
const grainMs = 2;

export const neverEarly: Invariant = {
  name: 'I13',
  says: 'nothing scheduled, and no retry, comes before its time, nor long after it',
  check: ({ rules }, { messages }, say, excuses) => {
    const turns = new Turns(messages);
    for (const { plan: { sub, policy }, n, publish, leases } of messages) {
      const first = leases[0]?.claimed;
      const delayMs = publish?.item.delayMs;
      if (first !== undefined && publish !== undefined && delayMs !== undefined) {
        const early = publish.from + delayMs - first.t;
        if (early > grainMs) say(first.t, `message ${n} in ${sub} is delivered ${early.toFixed(0)} ms before it is due`);
        const lateMs = first.t - excuses.wellSince(turns.begins(sub, publish.to + delayMs, first.t), first.t);
        if (publish.how === 'ok' && policy.order === 'none' && lateMs > rules.recoveryMs) say(first.t, `message ${n} in ${sub} is delivered ${lateMs.toFixed(0)} ms after it is due, the most is ${rules.recoveryMs}`);
      }
      leases.forEach(({ claimed }, index) => {
        const before = leases[index - 1];
        const retry = before?.settles.find((settle) => settle.action === 'retry' && isEffective(settle));
        if (before === undefined || retry === undefined || excuses.mayRewind) return;
        const delays = policy.retryBackoffMs;
        const asked = before.settles.find(({ action }) => action === 'retry')?.from ?? retry.from;
        const early = asked + (retry.delayMs ?? delays[Math.min(before.claimed.count, delays.length) - 1] ?? 0) - claimed.t;
        if (early > grainMs) say(claimed.t, `message ${n} in ${sub} comes ${early.toFixed(0)} ms before its retry is due`);
      });
    }
  },
};
