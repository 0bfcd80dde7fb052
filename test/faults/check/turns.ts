import type { LeaseStory, MessageStory } from './stories.js';
import { isPossible, isTerminal } from './stories.js';

/** From when on the message could be handed out as it was with this lease. */
export function availableSince({ plan: { policy }, publish, leases }: MessageStory, index: number): number {
  const { claimed } = leaseAt(leases, index);
  const before = leases[index - 1];
  if (before === undefined) return publish === undefined ? claimed.t : (publish.to === Infinity ? publish.from : publish.to) + (publish.item.delayMs ?? 0);
  const back = before.settles.find((settle) => isPossible(settle) && !isTerminal(settle) && settle.from <= claimed.t);
  if (back === undefined || back.how !== 'ok') return Math.max(before.until, claimed.t - policy.visibilityTimeoutMs);
  const delays = policy.retryBackoffMs;
  return back.to + (back.action === 'retry' ? (back.delayMs ?? delays[Math.min(before.claimed.count, delays.length) - 1] ?? 0) : 0);
}

function leaseAt(leases: readonly LeaseStory[], index: number): LeaseStory {
  const lease = leases[index];
  if (lease === undefined) throw new Error('there is no such lease');
  return lease;
}

interface Turn {
  readonly since: number;
  readonly at: number;
}

/** Whose turn it was in subscriptions: consumers that are slower than publishers leave a queue, in which nothing is late before what was there before it. */
export class Turns {
  readonly #bySub = new Map<string, Turn[]>();

  constructor(messages: readonly MessageStory[]) {
    for (const story of messages) {
      const turns = this.#bySub.get(story.plan.sub) ?? [];
      this.#bySub.set(story.plan.sub, turns);
      for (const [index, { claimed }] of story.leases.entries()) turns.push({ since: availableSince(story, index), at: claimed.t });
    }
  }

  /** When the last of those was handed out, before `until`, that had been available at `since`; `since` where there was none. */
  begins(sub: string, since: number, until: number): number {
    return (this.#bySub.get(sub) ?? []).reduce((latest, turn) => (turn.since <= since && turn.at < until ? Math.max(latest, turn.at) : latest), since);
  }
}
