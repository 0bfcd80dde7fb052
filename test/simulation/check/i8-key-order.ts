import type { MessageStory } from './stories.js';
import type { Invariant, Violation } from './violation.js';

/** Messages of one key, or all of them in a strict subscription, by their place. */
function lanes(messages: readonly MessageStory[]): ReadonlyMap<string, readonly MessageStory[]> {
  const found = new Map<string, MessageStory[]>();
  for (const story of messages) {
    const { sub, key, policy, place } = story;
    if (policy.order === 'none' || place === undefined || (policy.order === 'key' && key === undefined)) continue;
    const lane = `${sub} ${policy.order === 'strict' ? '' : (key ?? '')}`;
    const others = found.get(lane);
    if (others === undefined) found.set(lane, [story]);
    else others.push(story);
  }
  return found;
}

export const keyOrder: Invariant = {
  name: 'I8',
  says: 'while a message of a key is unsettled nobody else gets a later one, and no work on a later one begins under a lease that holds before the work on it is done',
  check: ({ events }, { messages, leases }) => {
    const violations: Violation[] = [];
    const laneOf = new Map<string, readonly MessageStory[]>();
    const doneAt = new Map(events.flatMap((event) => (event.kind === 'ended' && event.how === 'done' ? [[event.lease, event.seq] as const] : [])));
    /** Its ack may still be on its way, but its lease holds. */
    const isDone = (story: MessageStory, seq: number): boolean => {
      const holder = story.leases.findLast((lease) => lease.seq < seq);
      return holder !== undefined && (doneAt.get(holder.leased.lease) ?? Infinity) < seq && (holder.end === undefined || holder.end.seq > seq);
    };
    for (const lane of lanes(messages).values()) for (const { sub, id } of lane) laneOf.set(`${sub} ${id}`, lane);
    for (const event of events) {
      if (event.kind !== 'leased' && event.kind !== 'started') continue;
      const lane = laneOf.get(`${event.sub} ${event.id}`);
      const self = lane?.find(({ id }) => id === event.id);
      if (lane === undefined || self?.place === undefined) continue;
      const before = lane.filter(({ place, gone, storedSeq }) => (place ?? 0) < (self.place ?? 0) && storedSeq < event.seq && !gone.some(({ seq }) => seq < event.seq));
      if (before.length === 0) continue;
      const lease = leases.get(event.lease);
      if (lease === undefined) continue;
      if (event.kind === 'leased') {
        const others = before.filter(({ leases: its }) => {
          const holder = its.findLast(({ seq }) => seq < event.seq);
          return holder === undefined || (holder.end !== undefined && holder.end.seq < event.seq) || holder.leased.consumer !== event.consumer;
        });
        for (const { n } of others) violations.push({ invariant: 'I8', at: event.at, n: event.n, text: `message ${event.n} is handed to ${event.client} in ${event.sub} while ${n}, before it, is unsettled and not in the same hands` });
      } else if (lease.end === undefined || lease.end.seq > event.seq) {
        for (const { n } of before.filter((story) => !isDone(story, event.seq))) violations.push({ invariant: 'I8', at: event.at, n: event.n, text: `work on message ${event.n} begins at ${event.client} in ${event.sub} while ${n}, before it, is unsettled` });
      }
    }
    return violations;
  },
};
