import type { FailureNote, LeaseToken, SettleAction } from '../../../src/port/lease.js';
import type { SubscriptionRef } from '../../../src/port/names.js';
import type { SubscriptionPolicy } from '../../../src/port/policy.js';
import { later } from '../span.js';
import type { Now, Span } from '../span.js';
import type { Consumer } from './consumer.js';
import { Fate } from './fate.js';
import type { Answer, Death, Hold } from './fate.js';
import type { Sent } from './sent.js';

/** How many consumers work on a subscription at once. */
export const seats = 3;

/** What is known of a subscription from outside. Rules that judge it stand in `rules/`. */
export class SubscriptionModel {
  readonly ref: SubscriptionRef;
  policy: SubscriptionPolicy;
  /** Grows with every change of the order. */
  epoch = 0;
  readonly fates: Map<string, Fate> = new Map();
  readonly holds: Map<LeaseToken, Hold> = new Map();
  /** The dead letters, the oldest first. */
  readonly dead: Set<Fate> = new Set();
  readonly consumers: (Consumer | undefined)[] = Array.from({ length: seats }, () => undefined);
  /** Leases that were taken away, as shown by a new delivery, before an event told of it. */
  readonly untold: Set<Hold> = new Set();
  isDeleted = false;
  #before: readonly { readonly policy: SubscriptionPolicy; readonly changed: Span }[] = [];

  constructor(ref: SubscriptionRef, policy: SubscriptionPolicy) {
    this.ref = ref;
    this.policy = policy;
  }

  add(sent: Sent, from: Span): Fate {
    const fate = new Fate(sent, from);
    this.fates.set(sent.id, fate);
    return fate;
  }

  get unsettled(): readonly Fate[] {
    return [...this.fates.values()].filter((fate) => fate.isUnsettled);
  }

  hand(fate: Fate, consumer: Consumer, claimed: { readonly token: LeaseToken; readonly isolated: boolean }, since: Span, until: Span): void {
    fate.count += 1;
    fate.wasHanded = true;
    const { token, isolated } = claimed;
    const hold: Hold = { fate, consumer, token, isolated, count: fate.count, epoch: this.epoch, since, until, end: 'live', answer: 'done', endedAt: until };
    fate.place = { kind: 'leased', hold };
    this.holds.set(token, hold);
    consumer.holds.add(hold);
  }

  /** Another policy is in force. */
  change(policy: SubscriptionPolicy, now: Now): void {
    if (now.patienceMs > 0) this.#before = [...this.#before, { policy: this.policy, changed: now }];
    if (policy.order !== this.policy.order) this.epoch += 1;
    this.policy = policy;
    if (now.patienceMs === 0) return;
    // Over a network the time of a lease is what the policy says when somebody looks at it.
    for (const hold of this.holds.values()) {
      const until = later(hold.since, policy.visibilityTimeoutMs);
      hold.until = { lo: Math.min(hold.until.lo, until.lo), hi: Math.max(hold.until.hi, until.hi) };
    }
  }

  /** By which a consumer may work now: over a network it learns of a change a little later. */
  policies(now: Now): readonly SubscriptionPolicy[] {
    this.#before = this.#before.filter(({ changed }) => changed.hi + 2 * now.patienceMs >= now.lo);
    return [this.policy, ...this.#before.map(({ policy }) => policy)];
  }

  /** When a lease ends that is handed out or renewed now. */
  leaseEnd(now: Now): Span {
    const times = this.#times(now);
    return { lo: now.lo + Math.min(...times), hi: now.hi + Math.max(...times) };
  }

  /** How much earlier than was told. */
  earlierMs(now: Now): number {
    return Math.max(...this.#times(now)) - this.policy.visibilityTimeoutMs;
  }

  #times(now: Now): readonly number[] {
    return this.policies(now).map(({ visibilityTimeoutMs }) => visibilityTimeoutMs);
  }

  /** A lease is over; its message has to be put somewhere. */
  end(hold: Hold, end: 'taken' | SettleAction, now: Span, answer: Answer = 'done'): void {
    hold.end = end;
    hold.endedAt = now;
    hold.answer = answer;
    hold.consumer.holds.delete(hold);
    if (end === 'taken') hold.consumer.hasLost = true;
    if (hold.consumer.holds.size === 0) hold.consumer.isAskedForRoom = false;
  }

  /** The lease is taken away: the delivery counts, and how it ended nobody knows. */
  lapse(hold: Hold, now: Span): void {
    this.end(hold, 'taken', now);
    hold.fate.isRisky = true;
    hold.fate.wait(now, false);
  }

  die(fate: Fate, note: FailureNote, now: Span, isKept: boolean, isTold: boolean): Death {
    const death: Death = { note, count: fate.count, at: now, isKept, isTold };
    fate.place = { kind: 'dead', death };
    fate.history = [...fate.history, death];
    if (isKept) this.dead.add(fate);
    return death;
  }

  /** Brings back what is dead or settled. */
  revive(fate: Fate, now: Span): void {
    if (!this.dead.delete(fate)) fate.history = [];
    fate.revive(now);
  }

  /** The subscription is no more: whatever is held is lost. */
  delete(now: Span): void {
    this.isDeleted = true;
    for (const hold of this.holds.values()) if (hold.end === 'live') this.end(hold, 'taken', now);
  }
}
