import type { LeaseStory } from './stories.js';
import type { Invariant } from './violation.js';

/** The client's clock counts whole milliseconds, and its turns take time. */
const slackMs = 25;

export const bounded: Invariant = {
  name: 'I12',
  says: 'a consumer never asks for more than its window leaves free, and never gets more than it asked for',
  check: ({ events }, { leases }, say) => {
    const held = new Map<string, Set<LeaseStory>>();
    const asked = new Map<string, number>();
    const give = (lease: LeaseStory | undefined): void => { if (lease !== undefined) held.get(lease.claimed.consumer)?.delete(lease); };
    const ops = new Map<string, readonly string[]>();
    for (const event of events) {
      if (event.kind === 'claimed') {
        const lease = leases.get(event.lease);
        if (lease !== undefined) held.set(event.consumer, (held.get(event.consumer) ?? new Set()).add(lease));
        const left = (asked.get(event.consumer) ?? 0) - 1;
        asked.set(event.consumer, left);
        if (left < 0) say(event.t, `${event.consumer} gets more in ${event.sub} than it asked for`);
      } else if (event.kind === 'claim') {
        asked.set(event.consumer, event.max);
        const unsettled = [...(held.get(event.consumer) ?? [])].filter(({ until }) => until > event.t + slackMs).length;
        if (unsettled + event.max > event.window) say(event.t, `${event.consumer} asks for ${event.max} in ${event.sub} beside ${unsettled} unsettled; its window is ${event.window}`);
      } else if (event.kind === 'settle') ops.set(event.op, event.items.map(({ lease }) => lease));
      else if (event.kind === 'settle-end' && event.how === 'ok') ops.get(event.op)?.forEach((name, index) => { if (event.results[index] !== 'failed') give(leases.get(name)); });
      else if (event.kind === 'renewed') event.lost.forEach((name) => give(leases.get(name)));
      else if (event.kind === 'outcome') for (const lease of leases.values()) if (lease.claimed.process === event.process && lease.claimed.sub === event.sub && lease.claimed.id === event.id && lease.claimed.count === event.count) give(lease);
    }
  },
};
