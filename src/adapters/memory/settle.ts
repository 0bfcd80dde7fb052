import type { SettleDeviation, Settlement } from '../../port/lease.js';
import type { Held } from './held.js';
import { Lease } from './lease.js';
import type { SubscriptionState } from './subscription.js';

type Result = SettleDeviation['result'];

/**
 * Ends one lease. A lease past its deadline that nobody took is as good as any other. Answers what differs from what
 * was asked, and the same again to a repeat.
 */
export function settle(sub: SubscriptionState, settlement: Settlement, now: number): Result | undefined {
  const lease = settlement.token;
  if (!(lease instanceof Lease) || lease.consumer.sub !== sub) return 'lost';
  if (lease.end !== 'live') return lease.end === settlement.action ? lease.outcome : 'lost';
  sub.endLease(lease, settlement.action);
  if (settlement.action === 'ack') {
    sub.leaveLane(lease);
    sub.settled(lease.message);
    return undefined;
  }
  return (lease.outcome = giveUp(sub, lease, settlement, now));
}

function giveUp(sub: SubscriptionState, lease: Lease, settlement: Settlement, now: number): Result | undefined {
  const held = sub.remember(lease);
  const spent = held.deliveries >= sub.policy.maxDeliveries;
  const { failure } = settlement;
  switch (settlement.action) {
    case 'dead-letter': {
      sub.leaveLane(lease);
      return sub.die(held, failure ?? { reason: 'Rejected' }, now) === 'dropped' ? 'dropped' : undefined;
    }
    case 'leak': {
      held.leaks++;
      held.risky = true;
      if (!spent) break;
      sub.leaveLane(lease);
      return sub.die(held, { ...failure, reason: held.leaks >= held.deliveries ? 'NeverStarted' : 'MaxDeliveries' }, now);
    }
    case 'retry': {
      if (spent) {
        sub.leaveLane(lease);
        return sub.die(held, { ...failure, reason: 'MaxDeliveries' }, now);
      }
      const delayMs = settlement.delayMs ?? backoff(sub, held);
      if (delayMs <= 0) break;
      sub.delay(held, now + delayMs);
      return undefined;
    }
    default: {
      held.deliveries--;
    }
  }
  sub.giveBack(held);
  return undefined;
}

/** The stored delay before the next delivery; the last one repeats. */
function backoff(sub: SubscriptionState, held: Held): number {
  const delays = sub.policy.retryBackoffMs;
  return delays[Math.min(held.deliveries, delays.length) - 1] ?? 0;
}
