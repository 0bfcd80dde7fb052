import { highestClock } from './broker-clock.js';
import type { Invariant, Violation } from './violation.js';

export const leaseExclusive: Invariant = {
  name: 'I9',
  says: 'by the broker\'s clock a message is leased to one holder at a time, and only that one can renew',
  check: ({ events, plan }, { leases }) => {
    const violations: Violation[] = [];
    const holder = new Map<string, { readonly lease: string; until: number }>();
    for (const event of events) {
      if (event.kind === 'leased') {
        const place = `${event.sub} ${event.id}`;
        const before = holder.get(place);
        const end = before === undefined ? undefined : leases.get(before.lease)?.end;
        if (before !== undefined && !(end?.kind === 'settled' && end.seq < event.seq) && event.b < before.until && highestClock(plan, event.at, event.b) < before.until) {
          violations.push({ invariant: 'I9', at: event.at, n: event.n, text: `message ${event.n} is leased to ${event.client} in ${event.sub} ${before.until - event.b} ms before the lease ${before.lease} ends` });
        }
        holder.set(place, { lease: event.lease, until: event.until });
      } else if (event.kind === 'renewed') {
        const lease = leases.get(event.lease);
        if (lease === undefined) continue;
        const { sub, id, n } = lease.leased;
        const held = holder.get(`${sub} ${id}`);
        if (held?.lease === event.lease && (lease.end === undefined || lease.end.seq > event.seq || lease.end.kind === 'lapsed')) held.until = event.until;
        else if (held?.lease !== event.lease) violations.push({ invariant: 'I9', at: event.at, n, text: `the lease ${event.lease} of message ${n} was renewed although ${held?.lease ?? 'nobody'} holds the message` });
      }
    }
    return violations;
  },
};
