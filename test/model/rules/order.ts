import assert from 'node:assert/strict';
import type { Now } from '../span.js';
import { hasCome } from '../span.js';
import type { Consumer } from '../state/consumer.js';
import type { Fate } from '../state/fate.js';
import { place } from '../state/sent.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import { isHeld, laneOf, mayBeGone, runsAlone, sameLane } from './judge.js';

/** Negative: left is before right; 0 where it cannot be told. */
export function placed(left: Fate, right: Fate): number {
  return left.isRevived || right.isRevived ? 0 : place(left.sent, right.sent);
}

/** A message may come now as far as others in front of it are concerned. Called before it is handed over. */
export function checkTurn(sub: SubscriptionModel, fate: Fate, consumer: Consumer, now: Now): void {
  if (sub.policy.order === 'none') {
    if (!runsAlone(sub, fate, fate.isRisky)) checkPlace(sub, fate, now);
    return;
  }
  if (laneOf(sub, fate) === undefined) return;
  for (const other of sameLane(sub, fate)) {
    const { place: where } = other;
    const isOurs = where.kind === 'leased' && where.hold.consumer === consumer && where.hold.end === 'live';
    if (placed(other, fate) < 0) assert.ok(isOurs || mayBeGone(sub, other, now), `${String(fate)} came to ${consumer.name} before ${String(other)}`);
    if (where.kind === 'leased' && !isOurs && where.hold.epoch === sub.epoch) {
      assert.ok(!isHeld(where.hold, now), `${String(fate)} came to ${consumer.name} while ${String(other)} of its key is in other hands`);
    }
  }
}

/** Without order nothing is held back, but what is there comes in its place. */
function checkPlace(sub: SubscriptionModel, fate: Fate, now: Now): void {
  for (const other of sub.fates.values()) {
    if (other.place.kind !== 'waiting' || !hasCome(other.place.from, now) || placed(other, fate) >= 0) continue;
    // What lapsed in this very moment is found one after the other.
    if (other.isRisky && other.place.from.hi >= now.lo) continue;
    // Over a network what came back stands apart from what is new, and has no place among it.
    if (now.patienceMs > 0 && (fate.wasHanded || other.wasHanded)) continue;
    if (mayBeGone(sub, other, now) || runsAlone(sub, other, other.isRisky)) continue;
    assert.fail(`${String(fate)} came before ${String(other)}, which was there`);
  }
}
