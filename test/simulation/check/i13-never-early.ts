import type { Plan } from '../plan/plan.js';
import { highestClock } from './broker-clock.js';
import type { MessageStory } from './stories.js';
import type { Invariant, Violation } from './violation.js';

export const neverEarly: Invariant = {
  name: 'I13',
  says: 'by the broker\'s clock nothing scheduled, and no retry, comes before its time, and nothing after its time to live',
  check: ({ plan }, { messages }) => messages.flatMap((story) => story.leases.flatMap((_lease, index) => look(story, index, plan))),
};

function look({ sub, n, dueAt, ttlMs, storedB, policy, leases }: MessageStory, index: number, plan: Plan): readonly Violation[] {
  const lease = leases[index];
  const before = leases[index - 1];
  if (lease === undefined) return [];
  const { b } = lease.leased;
  const violations: Violation[] = [];
  const say = (text: string): void => { violations.push({ invariant: 'I13', at: lease.at, n, text: `message ${n} in ${sub} is delivered ${text}` }); };
  const top = highestClock(plan, lease.at, b);
  if (dueAt !== undefined && top < dueAt) say(`${dueAt - b} ms before it is due`);
  if (ttlMs !== undefined && b >= (dueAt ?? storedB) + ttlMs) say(`${b - (dueAt ?? storedB) - ttlMs} ms after its time to live`);
  if (before?.end?.kind === 'settled' && before.end.event.action === 'retry') {
    const delays = policy.retryBackoffMs;
    const due = before.end.b + (before.end.event.delayMs ?? delays[Math.min(before.leased.count, delays.length) - 1] ?? 0);
    if (top < due) say(`${due - b} ms before its retry is due`);
  }
  return violations;
}
