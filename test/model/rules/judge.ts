import { hasCome, mayHaveCome } from '../span.js';
import type { Now } from '../span.js';
import type { SubscriptionPolicy } from '../../../src/port/policy.js';
import type { Fate, Hold } from '../state/fate.js';
import type { SubscriptionModel } from '../state/subscription-model.js';

/** It has been handed out as often as it may be. */
export function isSpent({ policy }: { readonly policy: SubscriptionPolicy }, { count }: Fate): boolean {
  return count >= policy.maxDeliveries;
}

export function mayBeExpired({ sent }: Fate, now: Now): boolean {
  return sent.expires !== undefined && mayHaveCome(sent.expires, now);
}

export function isExpired({ sent }: Fate, now: Now): boolean {
  return sent.expires !== undefined && hasCome(sent.expires, now);
}

/** Its next delivery is the last one, and one before ended without a word. */
export function runsAlone({ policy }: { readonly policy: SubscriptionPolicy }, { count }: Fate, isRisky: boolean): boolean {
  return isRisky && policy.maxDeliveries > 1 && count >= policy.maxDeliveries - 1;
}

/** It is settled, or may die as soon as somebody looks at it. */
export function mayBeGone(sub: SubscriptionModel, fate: Fate, now: Now): boolean {
  const { place } = fate;
  if (place.kind === 'waiting') return isSpent(sub, fate) || mayBeExpired(fate, now);
  if (place.kind === 'leased') return mayHaveCome(place.hold.until, now) && (isSpent(sub, fate) || mayBeExpired(fate, now));
  return true;
}

/** The same with nothing in between: it is in nobody's hands and nobody may have it. */
export function isDoomed(sub: SubscriptionModel, fate: Fate, now: Now): boolean {
  const { place } = fate;
  if (place.kind === 'leased' && !hasCome(place.hold.until, now)) return false;
  if (place.kind === 'waiting' && !hasCome(place.from, now)) return false;
  return isSpent(sub, fate) || isExpired(fate, now);
}

/** A lease that nobody may have taken away yet. */
export function isHeld({ end, until }: Hold, now: Now): boolean {
  return end === 'live' && !mayHaveCome(until, now);
}

/** A lease that somebody may still be holding. */
export function mayBeHeld({ end, until }: Hold, now: Now): boolean {
  return end === 'live' && !hasCome(until, now);
}

/** What it is in order with; undefined: with nothing. */
export function laneOf({ policy }: SubscriptionModel, { sent }: Fate): string | undefined {
  if (policy.order === 'strict') return '';
  return policy.order === 'key' && sent.key !== undefined ? `key ${sent.key}` : undefined;
}

export function sameLane(sub: SubscriptionModel, fate: Fate): readonly Fate[] {
  const lane = laneOf(sub, fate);
  return lane === undefined ? [] : sub.unsettled.filter((other) => other !== fate && laneOf(sub, other) === lane);
}
