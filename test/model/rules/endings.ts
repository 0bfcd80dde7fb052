import assert from 'node:assert/strict';
import type { BrokerEvent } from '../../../src/port/events.js';
import { mayHaveCome } from '../span.js';
import type { Now } from '../span.js';
import type { Fate } from '../state/fate.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import { isSpent, mayBeExpired } from './judge.js';
import { placed } from './order.js';

export type LapseEvent = Extract<BrokerEvent, { readonly type: 'lease-lapsed' }>;
export type DeathEvent = Extract<BrokerEvent, { readonly type: 'dead-lettered' | 'dropped' }>;

/** A backend says that it took a lease away. */
export function hearLapse(sub: SubscriptionModel, { id, deliveryCount }: LapseEvent, now: Now): void {
  for (const hold of sub.untold) {
    if (hold.fate.sent.id !== id || hold.count !== deliveryCount) continue;
    sub.untold.delete(hold);
    return;
  }
  const fate = sub.fates.get(id);
  assert.ok(fate?.place.kind === 'leased', `the lease of ${fate === undefined ? id : String(fate)} lapsed, but there is none`);
  const { hold } = fate.place;
  assert.equal(deliveryCount, hold.count, `which delivery of ${String(fate)} lapsed`);
  assert.ok(mayHaveCome(hold.until, now), `the lease of ${String(fate)} was taken away at ${now.hi}, before its time`);
  sub.lapse(hold, now);
}

/** A message is dead: an event says so. False: as far as is known it cannot be, so the answer to the call has to explain it. */
export function hearDeath(sub: SubscriptionModel, event: DeathEvent, now: Now): boolean {
  const fate = sub.fates.get(event.id);
  assert.ok(fate, `${event.type} of ${event.id}, which is none of ${sub.ref.subscription}`);
  const { place } = fate;
  if (place.kind === 'leased') {
    // Among the dead letters it stands where it was told.
    if (event.type === 'dead-lettered') sub.dead.add(fate);
    return false;
  }
  if (place.kind === 'waiting') {
    checkDeath(sub, fate, event, now);
    sub.die(fate, { reason: event.reason }, now, event.type === 'dead-lettered', true);
    return true;
  }
  if (place.kind === 'gone' || place.death.isTold) return false;
  const { death } = place;
  death.isTold = true;
  assert.deepEqual([event.type, event.reason, event.deliveryCount], [death.isKept ? 'dead-lettered' : 'dropped', death.note.reason, death.count], `what was told of ${String(fate)}`);
  return true;
}

/** A message that waits may die when somebody looks at it, for few reasons. */
function checkDeath(sub: SubscriptionModel, fate: Fate, { type, reason, deliveryCount }: DeathEvent, now: Now): void {
  const policies = sub.policies(now);
  assert.equal(deliveryCount, fate.count, `the count of ${String(fate)} when it died`);
  const isKept = type === 'dead-lettered';
  if (reason === 'Overflow') {
    assert.ok(!isKept, 'what makes way is dropped');
    for (const other of sub.fates.values()) {
      if (other.place.kind !== 'waiting' || other.sent.mayBeRemoved) continue;
      assert.ok(placed(other, fate) >= 0, `${String(fate)} made way before the older ${String(other)}`);
    }
    return;
  }
  if (reason === 'Expired') {
    assert.ok(mayBeExpired(fate, now), `${String(fate)} ended as expired before its time`);
    assert.ok(policies.some(({ deadLetterEnabled, expired }) => isKept === (deadLetterEnabled && expired === 'dead-letter')), `${String(fate)} was ${type}`);
    return;
  }
  assert.ok(reason === 'MaxDeliveries' || (reason === 'NeverStarted' && fate.leaks >= fate.count), `${String(fate)} died of ${reason}`);
  assert.ok(policies.some((policy) => isSpent({ policy }, fate)), `${String(fate)} died of ${reason} before it was spent`);
  assert.ok(policies.some(({ deadLetterEnabled }) => isKept === deadLetterEnabled), `${String(fate)} was ${type}`);
}

/** At the end of a call every death and every lapse was told. */
export function checkTold(sub: SubscriptionModel): void {
  assert.equal(sub.untold.size, 0, 'a lapse was not told');
  for (const fate of sub.fates.values()) assert.ok(fate.place.kind !== 'dead' || fate.place.death.isTold, `nobody told that ${String(fate)} died`);
}
