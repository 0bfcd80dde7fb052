import { Entry, removed } from './entry.js';
import type { Item } from './held.js';
import type { Lane, Lanes } from './lanes.js';
import type { Lease } from './lease.js';
import type { SubscriptionState } from './subscription.js';
import type { Consumer } from './waiting.js';

/** What one claim carries along. */
interface Gathering {
  readonly sub: SubscriptionState;
  readonly lanes: Lanes;
  readonly consumer: Consumer;
  readonly max: number;
  /** The most of one key in one hand: a quarter of the window, so that one busy key leaves room for the others. */
  readonly run: number;
  readonly now: number;
  readonly leaseUntil: number;
  readonly out: Lease[];
}

/** With order: unordered leftovers, free lanes, own lanes, then fresh messages; what is behind a held key is parked. */
export function gatherOrdered(sub: SubscriptionState, lanes: Lanes, consumer: Consumer, max: number, now: number, out: Lease[]): void {
  // A lane comes free only when all of a run is back, so expired leases are taken all at once.
  for (let head = sub.leases.head; head !== undefined && head.leaseUntil <= now; head = sub.leases.head) sub.lapse(head, now);
  const run = lanes.strict ? Infinity : Math.max(1, Math.floor(consumer.widest / 4));
  const gathering: Gathering = { sub, lanes, consumer, max, run, now, leaseUntil: now + sub.policy.visibilityTimeoutMs, out };
  takeUnordered(gathering);
  while (out.length < max && lanes.ready.head !== undefined) takeRun(gathering, lanes.ready.head);
  let own = consumer.own.head;
  while (out.length < max && own !== undefined) {
    const next = own.next;
    takeRun(gathering, own);
    own = next;
  }
  takeFresh(gathering);
}

function takeUnordered({ sub, consumer, max, now, leaseUntil, out }: Gathering): void {
  while (out.length < max) {
    const item = sub.ready.pop();
    if (item === undefined) return;
    if (!sub.discard(item, now)) out.push(sub.lease(item, consumer, leaseUntil, undefined, false));
  }
}

/** Takes from a lane that is free or ours, lowest first. */
function takeRun(gathering: Gathering, lane: Lane): void {
  const { sub, lanes, consumer, max, run, leaseUntil, out } = gathering;
  while (out.length < max && lane.inHand < run) {
    const item = lane.parked.peek();
    if (item === undefined) break;
    if (isGone(gathering, item)) {
      lane.parked.pop();
      continue;
    }
    if (sub.runsAlone(item)) break;
    lane.parked.pop();
    out.push(sub.lease(item, consumer, leaseUntil, lane, false));
  }
  lanes.place(lane);
}

function isGone({ sub, now }: Gathering, item: Item): boolean {
  // Only for ephemeral subscriptions: retention does not wait for what they parked.
  if (item instanceof Entry && item.pending === removed) {
    sub.missed++;
    return true;
  }
  return sub.discard(item, now);
}

/** Walks over fresh messages, each one once, until the answer is full. */
function takeFresh({ sub, lanes, consumer, max, run, now, leaseUntil, out }: Gathering): void {
  const log = sub.topic.log;
  let seq = sub.cursor;
  while (out.length < max && seq < log.next) {
    const entry = log.at(seq);
    if (entry === undefined) {
      seq = log.nextLive(seq + 1);
      continue;
    }
    const key = lanes.keyOf(entry.key);
    const lane = key === undefined ? undefined : lanes.find(key);
    const isOpen = lane === undefined || mayExtend(lane, consumer, run);
    // In strict order nothing behind it can be free either.
    if (!isOpen && lanes.strict) break;
    seq++;
    if (sub.discard(entry, now)) continue;
    if (isOpen) out.push(sub.lease(entry, consumer, leaseUntil, lane ?? (key === undefined ? undefined : lanes.open(key)), false));
    else park(sub, lanes, lane, entry);
  }
  sub.cursor = seq;
}

function mayExtend(lane: Lane, consumer: Consumer, run: number): boolean {
  return lane.holder === consumer && lane.blocked === 0 && lane.parked.size === 0 && lane.inHand < run;
}

function park(sub: SubscriptionState, lanes: Lanes, lane: Lane, entry: Entry): void {
  lane.parked.push(entry);
  if (sub.ephemeral && lane.parked.size >= lane.sweepAt) sweep(sub, lane);
  lanes.place(lane);
}

/** What retention took from an ephemeral subscription's parked messages must not pile up behind a long retry. */
function sweep(sub: SubscriptionState, lane: Lane): void {
  sub.missed += lane.parked.filterOut((item) => item instanceof Entry && item.pending === removed);
  lane.sweepAt = Math.max(1_024, lane.parked.size * 2);
}
