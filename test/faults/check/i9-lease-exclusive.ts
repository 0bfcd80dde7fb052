import { isPossible } from './stories.js';
import type { Invariant } from './violation.js';

/** Clients count their clocks in whole milliseconds. */
const grainMs = 2;

export const leaseExclusive: Invariant = {
  name: 'I9',
  says: 'a message is leased to one holder at a time, and only that one can renew',
  check: ({ events }, { messages, leases, storyOf }, say, excuses) => {
    if (excuses.mayRewind) return;
    for (const { plan: { sub }, n, leases: own } of messages) {
      for (const [index, { claimed, until, settles }] of own.entries()) {
        // It was handed over before this answer arrived, and the holder reckons its end early: what comes sooner is too soon.
        const next = own.slice(index + 1).find(({ claimed: later }) => later.t < until - grainMs && !settles.some((settle) => settle.from <= later.t && isPossible(settle)));
        if (next !== undefined) say(next.claimed.t, `message ${n} is leased to ${next.claimed.process} in ${sub} ${(until - next.claimed.t).toFixed(0)} ms before the lease ${claimed.lease} ends`);
      }
    }
    const asked = new Map<string, number>();
    for (const event of events) {
      if (event.kind !== 'renewed') continue;
      for (const name of event.leases.filter((lease) => !event.lost.includes(lease))) {
        const claimed = leases.get(name)?.claimed;
        if (claimed === undefined) continue;
        // A renewal that was answered before is compared by the last one only.
        const since = asked.get(name) ?? claimed.t;
        asked.set(name, event.t);
        const other = storyOf(claimed.sub, claimed.id)?.leases.find(({ claimed: later }) => later.count > claimed.count && later.t < since);
        if (other !== undefined) say(event.t, `the lease ${name} of message ${claimed.n} was renewed although ${other.claimed.lease} holds the message`);
      }
    }
  },
};
