import type { PeekedMessage, SubscriptionStats } from '../../port/inspection.js';
import { snapshot } from './entry.js';
import type { Entry } from './entry.js';
import { deliveriesOf, entryOf } from './held.js';
import type { SubscriptionState } from './subscription.js';
import { freshEntries, returnedItems } from './upkeep.js';

/** Available now, lapsed leases included. */
export function countWaiting(sub: SubscriptionState, now: number): number {
  let parked = 0;
  for (const lane of sub.lanes?.values() ?? []) parked += lane.parked.size;
  return sub.topic.log.countFrom(sub.cursor) + sub.ready.size + sub.alone.size + parked + sub.leases.countExpired(now);
}

export function countUnsettled(sub: SubscriptionState): number {
  return countWaiting(sub, -Infinity) + sub.delayed.size + sub.leases.size;
}

export function statsOf(sub: SubscriptionState, now: number): SubscriptionStats {
  sub.wake(now);
  let oldest: Entry | undefined;
  for (const entry of oldestCandidates(sub)) if (oldest === undefined || entry.seq < oldest.seq) oldest = entry;
  return {
    name: sub.ref.subscription,
    waiting: countWaiting(sub, now),
    delayed: sub.delayed.size,
    leased: sub.leases.size - sub.leases.countExpired(now),
    dead: sub.dead.size,
    oldestAgeMs: oldest === undefined ? null : Math.max(0, now - oldest.publishedAt),
  };
}

function* oldestCandidates(sub: SubscriptionState): Generator<Entry> {
  for (const item of returnedItems(sub)) yield entryOf(item);
  for (const held of sub.delayed) yield held.entry;
  for (const lease of sub.leases) yield lease.message;
  for (const entry of freshEntries(sub)) {
    yield entry;
    return;
  }
}

interface Seen {
  readonly entry: Entry;
  readonly state: PeekedMessage['state'];
  readonly deliveryCount: number;
}

/** The oldest unsettled messages, in order. */
export function peekAt(sub: SubscriptionState, limit: number, now: number): PeekedMessage[] {
  sub.wake(now);
  const seen: Seen[] = [];
  for (const item of returnedItems(sub)) seen.push({ entry: entryOf(item), state: 'waiting', deliveryCount: deliveriesOf(item) });
  for (const held of sub.delayed) seen.push({ entry: held.entry, state: 'delayed', deliveryCount: held.deliveries });
  for (const lease of sub.leases) seen.push({ entry: lease.message, state: lease.leaseUntil > now ? 'leased' : 'waiting', deliveryCount: lease.deliveryCount });
  seen.sort((left, right) => left.entry.seq - right.entry.seq);
  // Whatever was touched stands before the cursor.
  for (const entry of freshEntries(sub)) {
    if (seen.length >= limit) break;
    seen.push({ entry, state: 'waiting', deliveryCount: 0 });
  }
  return seen.slice(0, limit).map(({ entry, state, deliveryCount }) => ({ message: snapshot(entry), state, deliveryCount }));
}
