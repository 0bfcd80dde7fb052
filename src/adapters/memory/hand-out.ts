import type { ClaimAnswer } from '../../port/delivery-store.js';
import type { Item } from './held.js';
import type { Lane } from './lanes.js';
import type { Lease } from './lease.js';
import { gatherOrdered } from './ordered.js';
import type { SubscriptionState } from './subscription.js';
import { nothing } from './waiting.js';
import type { Consumer } from './waiting.js';

const makeRoom: ClaimAnswer = Object.freeze({ deliveries: Object.freeze([]), makeRoom: true });

/** What a consumer gets now. {@consumer nothing} means that it has to wait. */
export function handOut(sub: SubscriptionState, consumer: Consumer, max: number, now: number): ClaimAnswer {
  sub.topic.advance(now);
  sub.wake(now);
  if (consumer.runsAlone) takeExpired(sub, consumer, now);
  if (consumer.runsAlone) return nothing;
  for (;;) {
    const alone = grantAlone(sub, consumer, now);
    if (alone !== undefined) return alone;
    const out: Lease[] = [];
    if (sub.lanes === undefined) gather(sub, consumer, max, now, out);
    else gatherOrdered(sub, sub.lanes, consumer, max, now, out);
    if (out.length > 0) return { deliveries: out, makeRoom: false };
    // What lapsed just now may wait for its last attempt; where such a message has expired, what is behind it is free.
    if (consumer.holding > 0 || !sub.hasAlone) return grantAlone(sub, consumer, now) ?? nothing;
  }
}

/**
 * A last attempt goes to a consumer with empty hands. If this one is busy and nobody idle waits, it is asked to let
 * its hands run empty: one consumer at a time, the others go on.
 */
function grantAlone(sub: SubscriptionState, consumer: Consumer, now: number): ClaimAnswer | undefined {
  for (;;) {
    if (consumer.holding > 0 && sub.hasAlone) takeExpired(sub, consumer, now);
    const lane = sub.alone.size > 0 ? undefined : sub.lanes?.alone.head;
    const queue = lane === undefined ? sub.alone : lane.parked;
    const item = queue.peek();
    if (item === undefined) {
      sub.reserved = undefined;
      return undefined;
    }
    if (consumer.holding === 0) {
      queue.pop();
      const lease = leaseAlone(sub, consumer, item, lane, now);
      if (lane !== undefined) sub.lanes?.place(lane);
      if (lease === undefined) continue;
      sub.reserved = undefined;
      sub.stir();
      return { deliveries: [lease], makeRoom: false };
    }
    if (sub.reserved === consumer) return nothing;
    if (sub.reserved !== undefined || hasIdleWaiter(sub)) return undefined;
    sub.reserved = consumer;
    return makeRoom;
  }
}

function leaseAlone(sub: SubscriptionState, consumer: Consumer, item: Item, lane: Lane | undefined, now: number): Lease | undefined {
  if (sub.discard(item, now)) return undefined;
  return sub.lease(item, consumer, now + sub.policy.visibilityTimeoutMs, lane, true);
}

/** Takes from a consumer what it holds beyond its time: it is in the way of what the consumer may get. */
function takeExpired(sub: SubscriptionState, consumer: Consumer, now: number): void {
  let lease = sub.leases.head;
  while (lease !== undefined && lease.leaseUntil <= now) {
    const { next } = lease;
    if (lease.consumer === consumer) sub.lapse(lease, now);
    lease = next;
  }
}

function hasIdleWaiter(sub: SubscriptionState): boolean {
  for (const waiter of sub.waiters) if (waiter.holding === 0) return true;
  return false;
}

/** Without order: what came back or can be taken back, by place; then fresh messages. */
function gather(sub: SubscriptionState, consumer: Consumer, max: number, now: number, out: Lease[]): void {
  const leaseUntil = now + sub.policy.visibilityTimeoutMs;
  while (out.length < max) {
    const expired = sub.leases.head;
    const next = sub.ready.peek();
    if (expired !== undefined && expired.leaseUntil <= now && (next === undefined || expired.message.seq < next.seq)) {
      sub.lapse(expired, now);
      continue;
    }
    if (next === undefined) break;
    sub.ready.pop();
    if (!sub.discard(next, now)) out.push(sub.lease(next, consumer, leaseUntil, undefined, false));
  }
  const log = sub.topic.log;
  let seq = sub.cursor;
  while (out.length < max && seq < log.next) {
    const entry = log.at(seq);
    if (entry === undefined) seq = log.nextLive(seq + 1);
    else {
      seq++;
      if (!sub.discard(entry, now)) out.push(sub.lease(entry, consumer, leaseUntil, undefined, false));
    }
  }
  sub.cursor = seq;
}
