import type { SubscriptionPolicy } from '../../port/policy.js';
import { removed } from './entry.js';
import type { Entry } from './entry.js';
import { deliveriesOf, entryOf, Held } from './held.js';
import type { Item } from './held.js';
import { Lanes } from './lanes.js';
import type { SeqQueue } from './seq-queue.js';
import type { SubscriptionState } from './subscription.js';

/** Everything that came back or was walked over and is in nobody's hands, in no particular order. */
export function* returnedItems(sub: SubscriptionState): Generator<Item> {
  yield* sub.ready;
  yield* sub.alone;
  for (const lane of sub.lanes?.values() ?? []) yield* lane.parked;
}

/** Messages that were never looked at, in order. */
export function* freshEntries(sub: SubscriptionState): Generator<Entry> {
  const { log } = sub.topic;
  for (let seq = log.nextLive(sub.cursor); seq < log.next; seq = log.nextLive(seq + 1)) yield log.at(seq) as Entry;
}

/**
 * Takes a message out of a subscription because the topic overflows; answers its deliveries, or undefined where it
 * neither waits nor is delayed. To be called for the oldest such message of the log: then it is the first wherever it
 * stands, behind nothing but dead letters that came back after they had left the log.
 */
export function drop(sub: SubscriptionState, entry: Entry): number | undefined {
  const { seq } = entry;
  if (seq >= sub.cursor) {
    sub.cursor = seq + 1;
    return 0;
  }
  const delayed = sub.delayedBySeq.get(seq);
  if (delayed !== undefined) {
    sub.delayed.remove(delayed);
    sub.unblock(delayed);
    return delayed.deliveries;
  }
  const key = sub.lanes?.keyOf(entry.key);
  const lane = key === undefined ? undefined : sub.lanes?.find(key);
  const item = takeFrom(sub.ready, seq) ?? takeFrom(sub.alone, seq) ?? (lane && takeFrom(lane.parked, seq));
  if (item === undefined) return undefined;
  if (lane !== undefined) {
    sub.lanes?.place(lane);
    sub.stir();
  }
  return deliveriesOf(item);
}

function takeFrom(queue: SeqQueue<Item>, seq: number): Item | undefined {
  const first = queue.peek();
  if (first === undefined || first.seq > seq) return undefined;
  if (first.seq === seq) return queue.pop();
  const found = [...queue].find((item) => item.seq === seq);
  if (found !== undefined) queue.filterOut((item) => item === found);
  return found;
}

/** Removes what waits or is delayed; answers the messages that left. */
export function purge(sub: SubscriptionState): Entry[] {
  const gone = [...returnedItems(sub), ...sub.delayed].map(entryOf);
  for (const entry of freshEntries(sub)) gone.push(entry);
  sub.cursor = sub.topic.log.next;
  sub.ready.drain();
  sub.alone.drain();
  for (const held of [...sub.delayed]) {
    sub.delayed.remove(held);
    sub.unblock(held);
  }
  for (const lane of [...(sub.lanes?.values() ?? [])]) {
    lane.parked.drain();
    sub.lanes?.place(lane);
  }
  for (const entry of gone) sub.settled(entry);
  sub.stir();
  return gone;
}

/** The end of a subscription: every lease is lost, every message is let go. */
export function end(sub: SubscriptionState): void {
  purge(sub);
  for (const lease of [...sub.leases]) {
    sub.endLease(lease, 'taken');
    sub.leaveLane(lease);
    sub.settled(lease.message);
  }
  sub.dead.clear();
  sub.deleted = true;
}

/** Puts another policy in force. Leases keep their deadlines. */
export function applyPolicy(sub: SubscriptionState, policy: SubscriptionPolicy): void {
  const before = sub.policy;
  sub.policy = policy;
  if (before.order !== policy.order) reorder(sub);
  else if (before.maxDeliveries !== policy.maxDeliveries) {
    for (const item of [...sub.ready.drain(), ...sub.alone.drain()]) (sub.runsAlone(item) ? sub.alone : sub.ready).push(item);
    for (const lane of [...(sub.lanes?.values() ?? [])]) sub.lanes?.place(lane);
  }
  sub.stir();
}

/** Moves everything into the lanes of the new order, or out of them. */
function reorder(sub: SubscriptionState): void {
  const { order } = sub.policy;
  const items = [...returnedItems(sub)].sort((left, right) => left.seq - right.seq);
  sub.ready.drain();
  sub.alone.drain();
  for (const lane of sub.lanes?.values() ?? []) lane.list?.remove(lane);
  const lanes = order === 'none' ? undefined : new Lanes(order === 'strict', sub.runsAlone);
  sub.lanes = lanes;
  for (const lease of sub.leases) {
    const key = lanes?.keyOf(lease.message.key);
    const lane = lanes === undefined || key === undefined ? undefined : lanes.open(key);
    lease.lane = lane;
    if (lane === undefined) continue;
    // In several hands: nobody gets more until all is back.
    lane.holder = lane.inHand === 0 || lane.holder === lease.consumer ? lease.consumer : undefined;
    lane.inHand++;
    lane.highest = Math.max(lane.highest, lease.message.seq);
  }
  for (const held of sub.delayed) {
    const key = lanes?.keyOf(held.entry.key);
    if (lanes !== undefined && key !== undefined) lanes.open(key).blocked++;
  }
  for (const item of items) sub.giveBack(item);
}

/** Takes back dead letters with a fresh count; answers how many. */
export function redrive(sub: SubscriptionState, ids: readonly string[] | undefined, reason: string | undefined, max: number): number {
  let count = 0;
  for (const id of sub.dead.select(ids, reason, max)) if (revive(sub, id)) count++;
  return count;
}

export function revive(sub: SubscriptionState, id: string): boolean {
  const dead = sub.dead.take(id);
  if (dead === undefined) return false;
  const held = new Held(dead.entry);
  held.history = dead.history;
  sub.holds(dead.entry);
  sub.giveBack(held);
  return true;
}

/** What is unsettled and is no longer fresh. */
export function* touchedEntries(sub: SubscriptionState): Generator<Entry> {
  for (const item of returnedItems(sub)) yield entryOf(item);
  for (const held of sub.delayed) yield held.entry;
  for (const lease of sub.leases) yield lease.message;
}

/** Puts retained messages into the subscription again; one that is unsettled or dead there is not doubled. */
export function redeliver(sub: SubscriptionState, ids: readonly string[]): number {
  const present = new Set(touchedEntries(sub));
  let count = 0;
  for (const id of new Set(ids)) {
    if (revive(sub, id)) {
      count++;
      continue;
    }
    const entry = sub.topic.log.find(id);
    if (entry === undefined || entry.pending === removed) continue;
    count++;
    if (entry.seq >= sub.cursor || present.has(entry)) continue;
    sub.holds(entry);
    sub.giveBack(new Held(entry));
  }
  return count;
}
