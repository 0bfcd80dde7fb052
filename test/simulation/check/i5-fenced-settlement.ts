import type { LeaseStory } from './stories.js';
import type { Invariant, Violation } from './violation.js';

export const fencedSettlement: Invariant = {
  name: 'I5',
  says: 'at most one settlement of a message takes effect, and it is that of the lease that holds it; what the core calls acked is',
  check: ({ events }, { leases, storyOf }) => {
    const violations: Violation[] = [];
    const holder = new Map<string, string>();
    const ended = new Map<string, string>();
    const say = (at: number, n: number, text: string): void => { violations.push({ invariant: 'I5', at, n, text }); };
    for (const event of events) {
      if (event.kind === 'leased') {
        const place = `${event.sub} ${event.id}`;
        const gone = storyOf(event.sub, event.id)?.gone.find(({ seq }) => seq < event.seq);
        if (gone !== undefined) say(event.at, event.n, `message ${event.n} is delivered in ${event.sub} after it was ${gone.how}`);
        holder.set(place, event.lease);
      } else if (event.kind === 'settled' && event.result !== 'lost' && event.result !== 'failed') {
        const lease: LeaseStory | undefined = leases.get(event.lease);
        if (lease === undefined) continue;
        const { n, id } = lease.leased;
        const before = ended.get(event.lease);
        if (before !== undefined) {
          if (before !== event.action) say(event.at, n, `${event.action} of ${event.lease}, which had ended by ${before}, was answered as done`);
        } else if (holder.get(`${event.sub} ${id}`) !== event.lease) {
          say(event.at, n, `${event.action} of ${event.lease} took effect although ${holder.get(`${event.sub} ${id}`) ?? 'nobody'} holds message ${n}`);
        }
        if (before === undefined) ended.set(event.lease, event.action);
      } else if (event.kind === 'outcome' && event.what === 'acked') {
        const acked = storyOf(event.sub, event.id)?.gone.some(({ how, seq }) => how === 'acked' && seq < event.seq);
        if (acked !== true) say(event.at, event.n, `${event.client} says message ${event.n} is acked in ${event.sub}; the broker has no such ack`);
      } else if (event.kind === 'outcome' && event.what === 'lost taken') {
        const own = storyOf(event.sub, event.id)?.leases.findLast(({ leased, seq }) => leased.client === event.client && leased.count === event.count && seq < event.seq);
        if (own?.end?.kind === 'settled' && own.end.seq < event.seq && own.end.event.action !== 'release') say(event.at, event.n, `${event.client} says somebody took message ${event.n} in ${event.sub}; its own ${own.end.event.action} of ${own.leased.lease} ended it`);
      }
    }
    return violations;
  },
};
