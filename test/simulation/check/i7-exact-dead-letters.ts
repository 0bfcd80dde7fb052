import type { MessageStory } from './stories.js';
import type { Invariant, Violation } from './violation.js';

export const exactDeadLetters: Invariant = {
  name: 'I7',
  says: 'a message is in the dead letters if and only if it was spent, rejected or expired: once, with its count and reason, and never also acked',
  check: ({ final }, { messages }) => {
    const violations: Violation[] = [];
    for (const story of messages) {
      const { sub, id, n, gone } = story;
      const say = (text: string): void => { violations.push({ invariant: 'I7', at: gone.at(-1)?.at ?? 0, n, text: `message ${n} in ${sub} ${text}` }); };
      const stored = final.dead.get(sub)?.filter((dead) => dead.id === id) ?? [];
      const died = gone.filter(({ how }) => how === 'dead-lettered');
      if (stored.length !== died.length || stored.length > 1) say(`died ${died.length} times and stands in the dead letters ${stored.length} times`);
      if (gone.length > 1) say(`left ${gone.length} times: ${gone.map(({ how }) => how).join(', ')}`);
      const death = gone.find(({ how }) => how !== 'acked');
      if (death === undefined) {
        if (mustBeDead(story)) say('was spent or rejected and is not dead');
        continue;
      }
      const expected = reasonsOf(story);
      if (!expected.includes(death.reason)) say(`died as ${death.reason}, expected ${expected.join(' or ') || 'no death'}`);
      const record = stored[0];
      if (record !== undefined && (record.reason !== death.reason || record.count !== attempts(story))) say(`is recorded as ${record.reason} after ${record.count} deliveries; it had ${attempts(story)}`);
    }
    return violations;
  },
};

/** Deliveries that counted: releases are refunded. */
function attempts({ leases }: MessageStory): number {
  return leases.filter(({ end }) => !(end?.kind === 'settled' && end.event.action === 'release')).length;
}

/** The words it may have died with. */
function reasonsOf({ leases, policy, ttlMs, gone }: MessageStory): readonly string[] {
  const last = leases.at(-1);
  const reasons: string[] = [];
  if (ttlMs !== undefined) reasons.push('Expired');
  if (last?.end?.kind === 'settled' && last.end.event.action === 'dead-letter') reasons.push(last.end.event.reason ?? 'Rejected');
  else if (last !== undefined && last.leased.count >= policy.maxDeliveries && (last.end?.kind !== 'settled' || last.end.event.action === 'retry')) reasons.push('MaxDeliveries');
  else if (last?.end === undefined && gone.some(({ reason }) => reason === 'MaxDeliveries') && last?.leased.count === policy.maxDeliveries) reasons.push('MaxDeliveries');
  return reasons;
}

function mustBeDead({ leases, policy, gone }: MessageStory): boolean {
  const last = leases.at(-1);
  if (last?.end === undefined || gone.length > 0) return false;
  if (last.end.kind === 'lapsed') return last.leased.count >= policy.maxDeliveries;
  const { action } = last.end.event;
  return action === 'dead-letter' || (action === 'retry' && last.leased.count >= policy.maxDeliveries);
}
