import assert from 'node:assert/strict';
import type { Settlement } from '../../../src/port/lease.js';
import { later, mayHaveCome } from '../span.js';
import type { Now } from '../span.js';
import type { Answer, Fate, Hold } from '../state/fate.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import { isSpent } from './judge.js';

/** What a settlement may be answered now. */
export function legalAnswers(sub: SubscriptionModel, hold: Hold | undefined, { action }: Settlement, now: Now): readonly Answer[] {
  if (hold === undefined || hold.end === 'taken') return ['lost'];
  if (hold.end === 'live') return mayBeTaken(hold, now) ? [answerOf(sub, hold.fate, action), 'lost'] : [answerOf(sub, hold.fate, action)];
  if (hold.end !== action) return ['lost'];
  // A repeat is known for one lease, or until the subscription goes.
  return sub.isDeleted || mayHaveCome(later(hold.endedAt, sub.policy.visibilityTimeoutMs), now) ? [hold.answer, 'lost'] : [hold.answer];
}

/** Its time may be over, and somebody may have taken it of whom nothing was heard yet. */
export function mayBeTaken(hold: Hold, now: Now): boolean {
  return now.patienceMs > 0 && hold.end === 'live' && mayHaveCome(hold.until, now);
}

/** It was taken away, as an answer shows; an event will tell so. */
export function findTaken(sub: SubscriptionModel, hold: Hold, now: Now): void {
  sub.untold.add(hold);
  sub.lapse(hold, now);
}

function answerOf(sub: SubscriptionModel, fate: Fate, action: Settlement['action']): Answer {
  const { deadLetterEnabled } = sub.policy;
  if (action === 'dead-letter') return deadLetterEnabled ? 'done' : 'dropped';
  if ((action !== 'retry' && action !== 'leak') || !isSpent(sub, fate)) return 'done';
  return deadLetterEnabled ? 'dead-lettered' : 'dropped';
}

/** Judges one settlement by its answer, and takes it over. */
export function checkSettled(sub: SubscriptionModel, settlement: Settlement, answer: Answer, now: Now): void {
  const hold = sub.holds.get(settlement.token);
  const legal = legalAnswers(sub, hold, settlement, now);
  const what = `${settlement.action} of ${hold === undefined ? 'a foreign token' : `delivery ${hold.count} of ${String(hold.fate)}, ${hold.end}`}`;
  assert.ok(legal.includes(answer), `${what} was answered ${answer}, legal is ${legal.join(' or ')}`);
  if (hold?.end !== 'live') return;
  if (answer === 'lost') {
    findTaken(sub, hold, now);
    return;
  }
  const { fate } = hold;
  const spent = isSpent(sub, fate);
  sub.end(hold, settlement.action, now, answer);
  const { failure } = settlement;
  const isKept = sub.policy.deadLetterEnabled;
  switch (settlement.action) {
    case 'ack':
      fate.place = { kind: 'gone', how: 'acked' };
      return;
    case 'release':
      fate.count -= 1;
      fate.wait(now, false);
      return;
    case 'dead-letter':
      sub.die(fate, failure ?? { reason: 'Rejected' }, now, isKept, false);
      return;
    case 'leak':
      fate.leaks += 1;
      fate.isRisky = true;
      if (spent) sub.die(fate, { ...failure, reason: fate.leaks >= fate.count ? 'NeverStarted' : 'MaxDeliveries' }, now, isKept, false);
      else fate.wait(now, false);
      return;
    case 'retry': {
      if (spent) {
        sub.die(fate, { ...failure, reason: 'MaxDeliveries' }, now, isKept, false);
        return;
      }
      const delayMs = settlement.delayMs ?? backoff(sub, fate);
      fate.wait(later(now, delayMs), delayMs > 0);
    }
  }
}

/** The stored delay before the next delivery; the last one repeats. */
function backoff({ policy: { retryBackoffMs } }: SubscriptionModel, { count }: Fate): number {
  return retryBackoffMs[count - 1] ?? retryBackoffMs.at(-1) ?? 0;
}
