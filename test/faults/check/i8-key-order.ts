import { isPossible, isTerminal, type LeaseStory, type MessageStory } from './stories.js';
import type { RunRecord } from './record.js';
import type { Invariant } from './violation.js';

/** Messages of one key, or all of a strict subscription, in the order in which they were published. */
function lanes(messages: readonly MessageStory[]): readonly (readonly MessageStory[])[] {
  const found = new Map<string, MessageStory[]>();
  for (const story of messages) {
    const { plan: { sub, policy }, publish } = story;
    if (policy.order === 'none' || publish?.how !== 'ok' || publish.item.delayMs !== undefined || (policy.order === 'key' && publish.item.key === undefined)) continue;
    const lane = `${sub} ${policy.order === 'strict' ? '' : (publish.item.key ?? '')}`;
    found.set(lane, [...(found.get(lane) ?? []), story]);
  }
  return [...found.values()].map((lane) => lane.sort((a, b) => (a.publish?.from ?? 0) - (b.publish?.from ?? 0)));
}

/** At this time it may have left, as far as is known. */
function mayHaveLeft({ leases, id, plan: { sub, policy } }: MessageStory, t: number, { end }: RunRecord): boolean {
  if (leases.some(({ settles }) => settles.some((settle) => settle.from <= t && isPossible(settle) && isTerminal(settle)))) return true;
  const last = leases.at(-1);
  const isSpent = last !== undefined && last.claimed.t <= t && last.claimed.count >= policy.maxDeliveries;
  return isSpent || (end.dead[sub]?.some((dead) => dead.id === id && dead.count > (last?.claimed.count ?? 0)) === true);
}

function holderAt({ leases }: MessageStory, t: number): LeaseStory | undefined {
  return leases.findLast(({ claimed, settles }) => claimed.t <= t && !settles.some((settle) => settle.to <= t && isPossible(settle)));
}

export const keyOrder: Invariant = {
  name: 'I8',
  says: 'while a message of a key is unsettled nobody else gets a later one, and no work on a later one begins before the work on it is done',
  check: (record, { messages, storyOf }, say, excuses) => {
    if (excuses.mayRewind) return;
    const before = new Map<MessageStory, readonly MessageStory[]>();
    for (const lane of lanes(messages)) {
      lane.forEach((story, index) => {
        const earlier = lane.slice(0, index).filter(({ publish }) => (publish?.to ?? Infinity) <= (story.publish?.from ?? 0));
        before.set(story, earlier);
        for (const { claimed } of story.leases) {
          const others = earlier.filter((other) => !mayHaveLeft(other, claimed.t, record) && holderAt(other, claimed.t)?.claimed.consumer !== claimed.consumer);
          for (const { n } of others) say(claimed.t, `message ${story.n} is handed to ${claimed.consumer} in ${claimed.sub} while ${n}, before it, is unsettled and not in the same hands`);
        }
      });
    }
    // The holder of a run works it off one by one: what is done has its acknowledgement on the way.
    const done = new Set<string>();
    for (const event of record.events) {
      if (event.kind !== 'work') continue;
      if (event.what === 'done') done.add(`${event.process} ${event.sub} ${event.id}`);
      if (event.what !== 'started') continue;
      const story = storyOf(event.sub, event.id);
      const lease = story?.leases.findLast(({ claimed }) => claimed.process === event.process && claimed.count === event.count && claimed.t <= event.t);
      if (story === undefined || lease === undefined || event.t > lease.until) continue;
      for (const other of before.get(story) ?? []) if (!mayHaveLeft(other, event.t, record) && !done.has(`${event.process} ${event.sub} ${other.id}`)) say(event.t, `work on message ${event.n} begins at ${event.process} in ${event.sub} while ${other.n}, before it, is unsettled`);
    }
  },
};
