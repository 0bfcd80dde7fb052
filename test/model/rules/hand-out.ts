import assert from 'node:assert/strict';
import type { ClaimAnswer } from '../../../src/port/delivery-store.js';
import type { Claimed } from '../../../src/port/lease.js';
import type { StoredMessage } from '../../../src/port/message.js';
import { includes, mayHaveCome } from '../span.js';
import type { Now } from '../span.js';
import type { Consumer } from '../state/consumer.js';
import type { Fate } from '../state/fate.js';
import type { Sent } from '../state/sent.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import { isExpired, isHeld, runsAlone } from './judge.js';
import { checkTurn } from './order.js';

/** A claim was answered: was every bit of it legal? */
export function checkAnswer(consumer: Consumer, { deliveries, makeRoom }: ClaimAnswer, now: Now): void {
  const { subscription: sub, claim, name } = consumer;
  assert.ok(claim, `${name} got an answer without a claim`);
  consumer.claim = undefined;
  if (consumer.hasLeft) assert.equal(deliveries.length, 0, `${name} has left and got deliveries`);
  assert.ok(deliveries.length <= claim.max, `${name} asked for ${claim.max} and got ${deliveries.length}`);
  if (makeRoom) {
    assert.equal(deliveries.length, 0, 'an answer that asks for room brings nothing');
    assert.ok(consumer.holds.size > 0 || (now.patienceMs > 0 && consumer.hasLost), `${name} holds nothing and was asked to make room`);
    assert.ok(lastAttemptMayWait(sub, now), `${name} was asked to make room, and no last attempt waits`);
    consumer.isAskedForRoom = consumer.holds.size > 0;
    return;
  }
  assert.ok(deliveries.length > 0 || claim.isStopped || consumer.hasLeft, `the claim of ${name} was answered with nothing instead of waiting`);
  for (const claimed of deliveries) {
    checkDelivery(sub, consumer, claimed, deliveries.length, now);
  }
  // The answer may be heard after the subscription went.
  if (sub.isDeleted) sub.delete(now);
}

function lastAttemptMayWait(sub: SubscriptionModel, now: Now): boolean {
  return sub.unsettled.some((fate) => {
    const { place } = fate;
    if (place.kind === 'waiting') return mayHaveCome(place.from, now) && mayRunAlone(sub, fate, fate.isRisky, now);
    return place.kind === 'leased' && mayHaveCome(place.hold.until, now) && mayRunAlone(sub, fate, true, now);
  });
}

function mayRunAlone(sub: SubscriptionModel, fate: Fate, isRisky: boolean, now: Now): boolean {
  return sub.policies(now).some((policy) => runsAlone({ policy }, fate, isRisky));
}

function checkDelivery(sub: SubscriptionModel, consumer: Consumer, claimed: Claimed, together: number, now: Now): void {
  const { message, deliveryCount, token, isolated, leaseUntil } = claimed;
  const fate = sub.fates.get(message.id);
  assert.ok(fate, `${consumer.name} of ${sub.ref.subscription} got ${message.id}, which is none of its messages`);
  checkIsAvailable(sub, fate, now);
  assert.ok(!isExpired(fate, now), `${String(fate)} was handed out after it had expired`);
  checkMessage(fate.sent, message);
  assert.equal(deliveryCount, fate.count + 1, `the count of ${String(fate)}`);
  assert.ok(sub.policies(now).some(({ maxDeliveries }) => deliveryCount <= maxDeliveries), `${String(fate)} was handed out more than ${sub.policy.maxDeliveries} times`);
  assert.ok(!sub.holds.has(token), `the token of ${String(fate)} was given out before`);
  const until = sub.leaseEnd(now);
  assert.ok(includes(until, leaseUntil), `the lease of ${String(fate)} ends at ${leaseUntil}, it should at ${until.lo}`);
  checkIsolation(sub, fate, consumer, isolated, together, now);
  checkTurn(sub, fate, consumer, now);
  sub.hand(fate, consumer, claimed, now, { lo: leaseUntil - sub.earlierMs(now), hi: until.hi });
}

function checkIsAvailable(sub: SubscriptionModel, fate: Fate, now: Now): void {
  const { place } = fate;
  if (place.kind === 'leased') {
    assert.ok(mayHaveCome(place.hold.until, now), `${String(fate)} was handed out again while its lease lasts`);
    sub.untold.add(place.hold);
    sub.lapse(place.hold, now);
    return;
  }
  assert.ok(place.kind === 'waiting', `${String(fate)} was handed out`);
  assert.ok(mayHaveCome(place.from, now), `${String(fate)} was handed out at ${now.hi}, too early`);
}

/** A message comes back as it was sent. */
export function checkMessage(sent: Sent, message: StoredMessage): void {
  const { outgoing } = sent;
  assert.deepEqual(
    [message.id, message.body, { ...message.headers }, message.codec, message.key],
    [sent.id, outgoing.body, { ...outgoing.headers }, outgoing.codec, outgoing.key],
    `${String(sent)} is not what was published`,
  );
  assert.ok(includes(sent.at, message.publishedAt), `${String(sent)} says it was published at ${message.publishedAt}, it was at ${sent.at.lo}`);
  assert.equal(message.expiresAt, outgoing.ttlMs === undefined ? undefined : message.publishedAt + outgoing.ttlMs, `when ${String(sent)} expires`);
}

function checkIsolation(sub: SubscriptionModel, fate: Fate, consumer: Consumer, isolated: boolean, together: number, now: Now): void {
  assert.ok(sub.policies(now).some((policy) => isolated === runsAlone({ policy }, fate, fate.isRisky)), `whether ${String(fate)} runs alone`);
  const held = [...consumer.holds].filter((hold) => isHeld(hold, now));
  if (isolated) {
    assert.equal(together, 1, `the last attempt of ${String(fate)} did not come alone`);
    assert.equal(held.length, 0, `the last attempt of ${String(fate)} came to ${consumer.name}, which holds ${held.length}`);
  }
  assert.ok(!held.some((hold) => hold.isolated), `${String(fate)} came to ${consumer.name} beside a last attempt`);
}
