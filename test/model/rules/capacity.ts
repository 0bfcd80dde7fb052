import assert from 'node:assert/strict';
import { isOverdue } from '../span.js';
import type { Now } from '../span.js';
import type { Fate } from '../state/fate.js';
import type { Sent } from '../state/sent.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import type { TopicModel } from '../state/topic-model.js';
import { mayBeGone } from './judge.js';

function fatesOf(topic: TopicModel, sent: Sent): readonly (readonly [SubscriptionModel, Fate])[] {
  return [...topic.subscriptions.values()].flatMap((sub) => {
    const fate = sub.fates.get(sent.id);
    return fate?.isUnsettled === true ? [[sub, fate] as const] : [];
  });
}

/** How many messages some subscription has not settled: no fewer than `least`, no more than `most`. */
export function unsettledIn(topic: TopicModel, now: Now): { readonly least: number; readonly most: number } {
  let least = 0;
  let most = 0;
  for (const sent of topic.sent.values()) {
    const fates = fatesOf(topic, sent);
    if (fates.length > 0) most += 1;
    if (!sent.mayBeRemoved && fates.some(([sub, fate]) => !mayBeGone(sub, fate, now))) least += 1;
  }
  // Over a network messages that several subscriptions have in common need not be counted apart: the fullest of them counts.
  return { least: now.patienceMs > 0 ? fullest(topic, now) : least, most };
}

function fullest(topic: TopicModel, now: Now): number {
  return Math.max(0, ...[...topic.subscriptions.values()].map((sub) => certainIn(sub, now)));
}

/** So many at least a subscription has not settled; what fell due just now may not have been moved. */
function certainIn(sub: SubscriptionModel, now: Now): number {
  const isCertain = (fate: Fate): boolean => !fate.sent.mayBeRemoved && !mayBeGone(sub, fate, now) && (!fate.sent.isScheduled || isOverdue(fate.sent.at, now));
  return sub.unsettled.filter(isCertain).length;
}

/** A message made way for another: only where the topic is to drop, and full. */
export function checkOverflow(topic: TopicModel, now: Now): void {
  const { onFull, maxStreamLen } = topic.limits;
  assert.equal(onFull, 'dropOldest', 'a message made way in a topic that refuses');
  const { most } = unsettledIn(topic, now);
  assert.ok(most >= maxStreamLen, `a message made way where ${most} of ${maxStreamLen} are unsettled`);
}

/** Where the oldest make way, only what is in somebody's hands may be left above the bound. */
export function checkMadeWay(topic: TopicModel, fresh: ReadonlySet<string>, now: Now): void {
  const { onFull, maxStreamLen } = topic.limits;
  const isAdded = [...fresh].some((id) => topic.sent.get(id)?.isScheduled === false);
  if (onFull !== 'dropOldest' || !isAdded || unsettledIn(topic, now).least <= maxStreamLen) return;
  for (const sent of topic.sent.values()) {
    if (fresh.has(sent.id) || sent.mayBeRemoved || sent.isScheduled) continue;
    for (const [sub, fate] of fatesOf(topic, sent)) if (now.patienceMs === 0 || certainIn(sub, now) > maxStreamLen) assert.notEqual(fate.place.kind, 'waiting', `${String(fate)} did not make way in a topic above its bound`);
  }
}
