import type { DeadText, RunRecord } from './record.js';
import { isEffective, isPossible, type MessageStory } from './stories.js';
import type { Invariant } from './violation.js';

export const exactDeadLetters: Invariant = {
  name: 'I7',
  says: 'a message is in the dead letters once, if it was spent or rejected, with its reason and count; else not, and never also acked',
  check: (record, { messages, storyOf }, say, excuses) => {
    for (const [sub, records] of Object.entries(record.end.dead)) {
      const seen = new Set<string>();
      for (const dead of records) {
        const where = `message ${dead.n} (${dead.id}) in ${sub}`;
        if (seen.has(dead.id)) say(Infinity, `${where} is dead twice`);
        seen.add(dead.id);
        const wrong = whatIsWrong(dead, storyOf(sub, dead.id));
        if (wrong !== undefined && !excuses.mayRewind) say(Infinity, `${where} ${wrong}`);
      }
    }
    // What was read while work went on is not the end.
    if (!excuses.mayRewind && record.end.drained) for (const story of messages) missing(record, story, (text) => say(Infinity, text));
  },
};

function whatIsWrong({ reason, count }: DeadText, story: MessageStory | undefined): string | undefined {
  if (reason === 'Undecodable' || reason === 'Expired') return undefined;
  if (story === undefined) return `is dead as ${reason} and was never delivered`;
  const { leases, plan: { policy } } = story;
  const settles = leases.flatMap((lease) => lease.settles).filter(isPossible);
  if (settles.some((settle) => settle.action === 'ack' && isEffective(settle))) return 'is dead and was acked';
  // What nobody saw (an answer lost on the way) counts too: the count may be higher than what is known, never lower.
  const known = leases.filter(({ settles: its }) => !its.some((settle) => settle.action === 'release' && isPossible(settle))).length;
  if (count < known || count > policy.maxDeliveries) return `is recorded with ${count} deliveries; it had ${known}, the most is ${policy.maxDeliveries}`;
  if (settles.some((settle) => settle.action === 'dead-letter' && (settle.reason ?? 'Rejected') === reason)) return undefined;
  if (reason !== 'MaxDeliveries' && reason !== 'NeverStarted') return `is dead as ${reason}; nobody said so`;
  return count < policy.maxDeliveries ? `is dead as ${reason} after ${count} of ${policy.maxDeliveries} deliveries` : undefined;
}

/** What was answered as dead is there. */
function missing({ end }: RunRecord, { plan: { sub, policy }, id, n, leases }: MessageStory, say: (text: string) => void): void {
  if (!policy.deadLetterEnabled || end.dead[sub] === undefined || end.dead[sub].some((dead) => dead.id === id)) return;
  for (const { claimed, settles } of leases) {
    const died = settles.find((settle) => isEffective(settle) && (settle.result === 'dead-lettered' || settle.action === 'dead-letter'));
    if (died !== undefined) say(`message ${n} in ${sub} died by ${died.action} of ${claimed.lease} and is not in the dead letters`);
  }
}
