import type { ClaimAnswer } from '../../port/delivery-store.js';
import type { DeathNote } from '../../port/inspection.js';
import type { FailureNote, SettleDeviation } from '../../port/lease.js';
import type { SubscriptionRef } from '../../port/names.js';
import type { SubscriptionPolicy } from '../../port/policy.js';
import { DeadLetters } from './dead-letters.js';
import { DueHeap } from './due-heap.js';
import type { Entry } from './entry.js';
import { deliveriesOf, entryOf, Held } from './held.js';
import type { Item } from './held.js';
import type { Home } from './home.js';
import { Lanes } from './lanes.js';
import type { Lane } from './lanes.js';
import { Lease } from './lease.js';
import type { LeaseEnd } from './lease.js';
import { LeaseList } from './lease-list.js';
import { SeqQueue } from './seq-queue.js';
import type { Consumer, Waiting } from './waiting.js';

/** Decides what a consumer gets; it knows the state, the state does not know it. */
export type HandOut = (sub: SubscriptionState, consumer: Consumer, max: number, now: number) => ClaimAnswer;

/**
 * A subscription: where each of its unsettled messages is. A message is in exactly one place: fresh (at the cursor or
 * behind it), ready, alone, parked in a lane, delayed, leased or dead. Nothing is kept of fresh and settled ones.
 */
export class SubscriptionState implements Waiting {
  readonly ref: SubscriptionRef;
  readonly topic: Home;
  readonly ephemeral: boolean;
  policy: SubscriptionPolicy;
  /** The next fresh message. */
  cursor: number;
  /** Came back, for anybody. */
  readonly ready: SeqQueue<Item> = new SeqQueue();
  /** Came back for their last attempt, which runs alone. */
  readonly alone: SeqQueue<Item> = new SeqQueue();
  readonly delayed: DueHeap<Held> = new DueHeap();
  readonly delayedBySeq: Map<number, Held> = new Map();
  readonly leases: LeaseList = new LeaseList();
  /** Present where the subscription keeps an order. */
  lanes: Lanes | undefined = undefined;
  readonly dead: DeadLetters = new DeadLetters();
  readonly links: Set<Consumer> = new Set();
  readonly waiters: Set<Consumer> = new Set();
  /** The busy consumer that was asked to make room for a last attempt. */
  reserved: Consumer | undefined = undefined;
  /** Messages that went before this ephemeral subscription could take them, not reported yet. */
  missed = 0;
  lastClaimAt: number;
  reportedIdleAt: number = -Infinity;
  deleted = false;
  rung = false;
  readonly #handOut: HandOut;

  constructor(ref: SubscriptionRef, topic: Home, policy: SubscriptionPolicy, ephemeral: boolean, cursor: number, now: number, handOut: HandOut) {
    this.ref = ref;
    this.topic = topic;
    this.policy = policy;
    this.ephemeral = ephemeral;
    this.cursor = cursor;
    this.lastClaimAt = now;
    this.#handOut = handOut;
    if (policy.order !== 'none') this.lanes = new Lanes(policy.order === 'strict', this.runsAlone);
  }

  /** Whether this would be the last attempt of a message that already ended without a word. */
  readonly runsAlone = (item: Item): boolean => {
    const most = this.policy.maxDeliveries;
    return item instanceof Held && item.risky && most > 1 && item.deliveries >= most - 1;
  };

  get hasAlone(): boolean {
    return this.alone.size > 0 || this.lanes?.alone.head !== undefined;
  }

  nextDue(now: number): number {
    return Math.min(this.delayed.nextDue, this.leases.nextEnd(now), this.topic.schedule.nextDue);
  }

  take(consumer: Consumer, max: number, now: number): ClaimAnswer {
    return this.#handOut(this, consumer, max, now);
  }

  /** It is done with a message. Only durable subscriptions hold messages. */
  settled(entry: Entry): void {
    if (!this.ephemeral) this.topic.log.settle(entry);
  }

  /** It has a message once more. */
  holds(entry: Entry): void {
    if (!this.ephemeral) this.topic.log.hold(entry);
  }

  /** Something may have become available. */
  stir(): void {
    if (this.waiters.size > 0) this.topic.bell.ring(this);
  }

  /** Brings back the retries that are due. */
  wake(now: number): void {
    for (let held = this.delayed.popDue(now); held !== undefined; held = this.delayed.popDue(now)) {
      this.unblock(held);
      this.giveBack(held);
    }
    if (this.missed > 0) {
      this.topic.outbox.note({ type: 'gap', subscription: this.ref, missed: this.missed });
      this.missed = 0;
    }
  }

  lease(item: Item, consumer: Consumer, leaseUntil: number, lane: Lane | undefined, isolated: boolean): Lease {
    const lease = new Lease(item, consumer, leaseUntil, lane, isolated);
    this.leases.add(lease);
    consumer.holding++;
    if (isolated) consumer.runsAlone = true;
    if (lane !== undefined) {
      lane.inHand++;
      lane.holder = consumer;
      lane.highest = item.seq;
    }
    return lease;
  }

  /** Takes a lease out of its holder's hands. Its lane has to be placed afterwards. */
  endLease(lease: Lease, end: LeaseEnd): void {
    const { consumer, lane } = lease;
    lease.end = end;
    this.leases.remove(lease);
    consumer.holding--;
    if (lease.isolated) consumer.runsAlone = false;
    if (lane !== undefined) this.lanes?.back(lane);
    if (this.waiters.size > 0 && (lane !== undefined || lease.isolated || (consumer.holding === 0 && this.hasAlone))) this.stir();
  }

  /** Frees the lane of a lease whose message does not come back. */
  leaveLane(lease: Lease): void {
    if (lease.lane !== undefined) this.lanes?.place(lease.lane);
  }

  /** Takes away a lease that is past its deadline; the attempt counts. */
  lapse(lease: Lease, now: number): void {
    this.endLease(lease, 'taken');
    this.topic.outbox.note({ type: 'lease-lapsed', subscription: this.ref, id: lease.message.id, deliveryCount: lease.deliveryCount });
    const held = this.remember(lease);
    held.risky = true;
    if (held.deliveries < this.policy.maxDeliveries) this.giveBack(held);
    else {
      this.leaveLane(lease);
      this.die(held, { reason: 'MaxDeliveries' }, now);
    }
  }

  /** The past of a leased message, this delivery included. */
  remember(lease: Lease): Held {
    const held = lease.held ?? new Held(lease.message);
    held.deliveries = lease.deliveryCount;
    return held;
  }

  /** Makes a message available again, in its old place. */
  giveBack(item: Item): void {
    const lanes = this.lanes;
    const key = lanes?.keyOf(entryOf(item).key);
    if (lanes === undefined || key === undefined) (this.runsAlone(item) ? this.alone : this.ready).push(item);
    else {
      const lane = lanes.open(key);
      lane.parked.push(item);
      lanes.place(lane);
    }
    this.topic.reopened(item.seq);
    this.stir();
  }

  /** Lets a message wait for its retry; its lane waits with it. */
  delay(held: Held, due: number): void {
    held.due = due;
    this.delayed.push(held);
    this.delayedBySeq.set(held.seq, held);
    const key = this.lanes?.keyOf(held.entry.key);
    if (this.lanes !== undefined && key !== undefined) {
      const lane = this.lanes.open(key);
      lane.blocked++;
      this.lanes.place(lane);
    }
    this.topic.reopened(held.seq);
    if (this.waiters.size > 0) this.topic.bell.expect(due);
  }

  /** A delayed message waits no longer: the counterpart of {@link delay}, once it is out of the heap. */
  unblock(held: Held): void {
    this.delayedBySeq.delete(held.seq);
    const key = this.lanes?.keyOf(held.entry.key);
    const lane = key === undefined ? undefined : this.lanes?.find(key);
    if (lane === undefined) return;
    lane.blocked--;
    this.lanes?.place(lane);
  }

  /** Ends a message that must not be handed out any more: expired, or spent since the policy was tightened. */
  discard(item: Item, now: number): boolean {
    if (entryOf(item).isExpired(now)) {
      this.die(item, { reason: 'Expired' }, now, this.policy.expired === 'dead-letter');
      return true;
    }
    if (item instanceof Held && item.deliveries >= this.policy.maxDeliveries) {
      this.die(item, { reason: 'MaxDeliveries' }, now);
      return true;
    }
    return false;
  }

  /** Moves a message, wherever it was taken from, to the dead letters, or drops it. */
  die(item: Item, failure: FailureNote, now: number, keep = true): SettleDeviation['result'] {
    const entry = entryOf(item);
    const deliveryCount = deliveriesOf(item);
    const stored = keep && this.policy.deadLetterEnabled;
    if (stored) {
      const last: DeathNote = { reason: failure.reason, description: failure.description, errors: failure.errors, deadAt: now, deliveryCount };
      this.dead.add(entry, item instanceof Held ? item.history : [], last);
    }
    const type = stored ? 'dead-lettered' : 'dropped';
    this.topic.outbox.note({ type, subscription: this.ref, id: entry.id, reason: failure.reason, deliveryCount });
    this.settled(entry);
    return type;
  }
}
