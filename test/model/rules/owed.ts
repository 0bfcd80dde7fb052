import { hasCome } from '../span.js';
import type { Now } from '../span.js';
import type { Consumer } from '../state/consumer.js';
import type { Fate } from '../state/fate.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import { isDoomed, laneOf, mayBeExpired, mayBeHeld, runsAlone, isSpent } from './judge.js';
import { placed } from './order.js';

/** A message that a waiting claim of this consumer must be answered with by now, or undefined. */
export function owedTo(consumer: Consumer, now: Now): Fate | undefined {
  const { subscription: sub } = consumer;
  const held = [...consumer.holds].filter((hold) => mayBeHeld(hold, now));
  if (held.some((hold) => hold.isolated) || (consumer.isAskedForRoom && held.length > 0)) return undefined;
  const isIdle = held.length === 0;
  return sub.unsettled.find((fate) => isThere(sub, fate, now) && (isIdle || !isLast(sub, fate)) && isItsTurn(sub, fate, isIdle, now));
}

/** It is in nobody's hands, or its lease is over, and it may still be handed out. */
function isThere(sub: SubscriptionModel, fate: Fate, now: Now): boolean {
  const { place } = fate;
  if (place.kind === 'dead' || place.kind === 'gone') return false;
  if (!hasCome(place.kind === 'waiting' ? place.from : place.hold.until, now)) return false;
  return !isSpent(sub, fate) && !mayBeExpired(fate, now);
}

function isLast(sub: SubscriptionModel, fate: Fate): boolean {
  return runsAlone(sub, fate, fate.isRisky || fate.place.kind === 'leased');
}

/** Nothing of its lane is in hand or delayed, and whatever may be the head of the lane can be had. */
function isItsTurn(sub: SubscriptionModel, fate: Fate, isIdle: boolean, now: Now): boolean {
  const lane = laneOf(sub, fate);
  if (lane === undefined) return true;
  for (const other of sub.unsettled) {
    if (other === fate || laneOf(sub, other) !== lane || isDoomed(sub, other, now)) continue;
    if (!isThere(sub, other, now)) return false;
    if (placed(other, fate) <= 0 && !isIdle && isLast(sub, other)) return false;
  }
  return true;
}
