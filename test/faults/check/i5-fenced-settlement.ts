import type { RunRecord } from './record.js';
import { isEffective, isPossible, isTerminal, type LeaseStory, type MessageStory, type SettleStory } from './stories.js';
import type { Excuses } from './excuses.js';
import type { Invariant } from './violation.js';

type Say = (t: number, text: string) => void;

export const fencedSettlement: Invariant = {
  name: 'I5',
  says: 'at most one settlement of a message takes effect, that of the lease that holds it; a repeat is answered as the first; what is called acked is',
  check: (record, { messages, storyOf }, say, excuses) => {
    if (!excuses.mayRewind) for (const story of messages) {
      once(story, say);
      stale(story, say);
      repeats(record, story, say, excuses);
    }
    for (const event of record.events) {
      if (event.kind !== 'outcome' || event.what !== 'acked') continue;
      const own = storyOf(event.sub, event.id)?.leases.filter(({ claimed }) => claimed.process === event.process && claimed.count === event.count) ?? [];
      if (!own.some(({ settles }) => settles.some((settle) => settle.action === 'ack' && isEffective(settle) && settle.to <= event.t))) say(event.t, `${event.process} calls message ${event.n} acked in ${event.sub}; the backend has not said so`);
    }
  },
};

/** What left does not leave again, and does not come back. */
function once({ plan, n, leases }: MessageStory, say: Say): void {
  const ends = leases.flatMap((lease) => lease.settles.filter((settle) => isTerminal(settle) && isEffective(settle)).slice(0, 1).map((settle) => ({ lease, settle })));
  const first = ends[0];
  if (first === undefined) return;
  const second = ends[1];
  if (second !== undefined) say(second.settle.to, `${second.settle.action} of ${second.lease.claimed.lease} took effect on message ${n} in ${plan.sub}, which had left by ${first.settle.action} of ${first.lease.claimed.lease}`);
  const later = leases.find(({ claimed }) => claimed.count > first.lease.claimed.count);
  if (later !== undefined) say(later.claimed.t, `message ${n} is delivered in ${plan.sub} as ${later.claimed.lease} although ${first.settle.action} of ${first.lease.claimed.lease} took effect`);
}

/** Nothing that was asked after somebody else had the message takes effect. */
function stale({ plan, n, leases }: MessageStory, say: Say): void {
  leases.forEach((lease, index) => {
    const next = leases[index + 1];
    if (next === undefined) return;
    const asked = new Map<string, number>();
    for (const settle of lease.settles) {
      const since = Math.min(asked.get(settle.action) ?? Infinity, settle.from);
      asked.set(settle.action, since);
      if (isEffective(settle) && since > next.claimed.t) say(settle.to, `${settle.action} of ${lease.claimed.lease} took effect although ${next.claimed.lease} held message ${n} in ${plan.sub}`);
    }
  });
}

/** A settlement that took effect is not answered as lost when it is sent again. */
function repeats({ end, events }: RunRecord, { plan: { sub }, id, n, leases }: MessageStory, say: Say, excuses: Excuses): void {
  const last = leases.at(-1);
  if (!end.drained || last === undefined) return;
  const left = end.dead[sub]?.some((dead) => dead.id === id) === true || events.some((event) => event.kind === 'noticed' && event.sub === sub && event.id === id && event.what !== 'lease-lost');
  const told = last.settles.find(({ how, result }) => how === 'ok' && result === 'lost');
  if (told === undefined || left || !wasAcked(last, told) || excuses.mayRewind) return;
  say(told.to, `${told.action} of ${last.claimed.lease} is called lost; nobody had message ${n} in ${sub} after it`);
}

function wasAcked({ settles }: LeaseStory, told: SettleStory): boolean {
  return settles.some((settle) => settle !== told && settle.action === told.action && isTerminal(settle) && isPossible(settle));
}
