import type { FailureNote, SettleAction, SettleDeviation, Settlement } from '../../../port/lease.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { MongoLease } from './lease.js';

/** What is written for a settlement. `lack`: given back because its message is not stored yet; `void`: it never will be. */
export type SettleKind = 'ack' | 'release' | 'leak' | 'retry' | 'bury' | 'drop' | 'lack' | 'void';

/** One lease on its way to its end. */
export interface SettleItem {
  readonly lease: MongoLease;
  readonly kind: SettleKind;
  readonly action: SettleAction;
  readonly delayMs: number;
  /** For a dead letter. */
  readonly failure: FailureNote;
  readonly deliveryCount: number;
  /** What the settlement answers where it is carried out. */
  readonly outcome: SettleDeviation['result'] | undefined;
}

const none: FailureNote = Object.freeze({ reason: '' });

/** What the stored policy makes of a settlement. */
export function itemOf(lease: MongoLease, { action, delayMs, failure }: Settlement, policy: SubscriptionPolicy): SettleItem {
  const { deliveryCount, place: { leaks } } = lease;
  const spent = deliveryCount >= policy.maxDeliveries;
  const item = (kind: SettleKind, ms = 0): SettleItem => ({ lease, kind, action, delayMs: ms, failure: none, deliveryCount, outcome: undefined });
  switch (action) {
    case 'ack':
    case 'release':
      return item(action);
    case 'dead-letter': {
      const end = endOf(lease, action, failure ?? { reason: 'Rejected' }, deliveryCount, policy.deadLetterEnabled);
      return end.kind === 'drop' ? end : { ...end, outcome: undefined };
    }
    case 'leak':
      if (spent) return endOf(lease, action, { ...failure, reason: leaks + 1 >= deliveryCount ? 'NeverStarted' : 'MaxDeliveries' }, deliveryCount, policy.deadLetterEnabled);
      return item('leak');
    case 'retry':
      if (spent) return endOf(lease, action, { ...failure, reason: 'MaxDeliveries' }, deliveryCount, policy.deadLetterEnabled);
      return item('retry', Math.max(0, delayMs ?? policy.retryBackoffMs[Math.min(deliveryCount, policy.retryBackoffMs.length) - 1] ?? 0));
  }
}

/** The end of a message: in the dead letters, or dropped. */
export function endOf(lease: MongoLease, action: SettleAction, failure: FailureNote, deliveryCount: number, keep: boolean): SettleItem {
  return { lease, kind: keep ? 'bury' : 'drop', action, delayMs: 0, failure, deliveryCount, outcome: keep ? 'dead-lettered' : 'dropped' };
}

/** What is given back or removed because there is no message. */
export function withoutMessage(lease: MongoLease, kind: 'lack' | 'void'): SettleItem {
  return { lease, kind, action: 'release', delayMs: 0, failure: none, deliveryCount: lease.deliveryCount, outcome: undefined };
}
