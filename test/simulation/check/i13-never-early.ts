import { brokerName, type Plan } from '../plan/plan.js';
import type { MessageStory } from './stories.js';
import type { Invariant, Violation } from './violation.js';

export const neverEarly: Invariant = {
  name: 'I13',
  says: 'by the broker\'s clock nothing scheduled, and no retry, comes before its time, and nothing after its time to live',
  check: ({ plan }, { messages }) => messages.flatMap((story) => story.leases.flatMap((_lease, index) => look(story, index, plan))),
};

/** The highest that the broker's clock had stood by a time: what was due then stays due when the clock goes back. */
function highest({ faults }: Plan, at: number, b: number): number {
  const jumps = faults.flatMap((fault) => (fault.kind === 'jump' && fault.client === brokerName && fault.at <= at ? [fault] : []));
  // Undone from the last to the first.
  let clock = b;
  let top = b;
  let from = at;
  for (const jump of [...jumps].sort((one, other) => other.at - one.at)) {
    clock -= jump.byMs + (from - jump.at);
    from = jump.at;
    top = Math.max(top, clock);
  }
  return top;
}

function look({ sub, n, dueAt, ttlMs, storedB, policy, leases }: MessageStory, index: number, plan: Plan): readonly Violation[] {
  const lease = leases[index];
  const before = leases[index - 1];
  if (lease === undefined) return [];
  const { b } = lease.leased;
  const violations: Violation[] = [];
  const say = (text: string): void => { violations.push({ invariant: 'I13', at: lease.at, n, text: `message ${n} in ${sub} is delivered ${text}` }); };
  const top = highest(plan, lease.at, b);
  if (dueAt !== undefined && top < dueAt) say(`${dueAt - b} ms before it is due`);
  if (ttlMs !== undefined && b >= (dueAt ?? storedB) + ttlMs) say(`${b - (dueAt ?? storedB) - ttlMs} ms after its time to live`);
  if (before?.end?.kind === 'settled' && before.end.event.action === 'retry') {
    const delays = policy.retryBackoffMs;
    const due = before.end.b + (before.end.event.delayMs ?? delays[Math.min(before.leased.count, delays.length) - 1] ?? 0);
    if (top < due) say(`${due - b} ms before its retry is due`);
  }
  return violations;
}
