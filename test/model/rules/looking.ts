import assert from 'node:assert/strict';
import type { DeadLetterRecord, PeekedMessage, SubscriptionStats } from '../../../src/port/inspection.js';
import type { StartPosition } from '../../../src/port/policy.js';
import { hasCome, includes, isOverdue, mayHaveCome } from '../span.js';
import type { Now } from '../span.js';
import type { Fate } from '../state/fate.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import type { TopicModel } from '../state/topic-model.js';
import type { Model } from '../model.js';
import type { Sent } from '../state/sent.js';
import type { World } from '../world.js';
import { checkMessage } from './hand-out.js';
import { mayBeGone } from './judge.js';
import { placed } from './order.js';

const everything = 1_000_000;
/** Longer than a call takes. */
const momentMs = 800;

export async function peek(sub: SubscriptionModel, world: World): Promise<{ readonly value: readonly PeekedMessage[]; readonly now: Now }> {
  return world.answer(world.broker.inspection.peek(sub.ref, everything));
}

/** What falls due in a moment has fallen due, and is moved: nothing that is scheduled changes its place during the next call. */
export async function calm(model: Model, world: World, topic: TopicModel): Promise<void> {
  if (!world.isReal) return;
  const isNear = ({ isScheduled, at }: Sent): boolean => isScheduled && at.lo >= world.now().lo && at.lo < world.now().hi + momentMs;
  await world.still(() => ![...topic.sent.values()].some(isNear));
  await world.answer(world.broker.inspection.stats(topic.ref));
  model.hear(world.heard());
  model.turn(world.now());
}

/** What died in one millisecond stands in any order, and is told in another: the one that is shown holds. */
function sortDead({ dead, fates }: SubscriptionModel, records: readonly DeadLetterRecord[]): void {
  const times = records.map(({ history }) => history.at(-1)?.deadAt ?? 0);
  assert.deepEqual(times, times.toSorted((left, right) => left - right), 'the dead letters are shown oldest first');
  for (const { message } of records) {
    const fate = fates.get(message.id);
    if (fate !== undefined && dead.delete(fate)) dead.add(fate);
  }
}

/** A subscription that was just made: which messages it begins with is seen, and held against what it may and must. */
export async function adopt(topic: TopicModel, sub: SubscriptionModel, world: World, startFrom: StartPosition, now: Now): Promise<void> {
  const { value } = await peek(sub, world);
  topic.trim();
  const seen = new Set(value.map(({ message }) => message.id));
  for (const sent of topic.sent.values()) {
    if (topic.scheduled.has(sent)) continue;
    const isOutside = (at: number): boolean => startFrom === 'latest' || (typeof startFrom === 'object' && at < startFrom.from);
    const isBefore = isOutside(sent.at.hi);
    if (!seen.delete(sent.id)) {
      assert.ok(isOutside(sent.at.lo) || sent.mayBeRemoved, `${String(sent)} is retained and does not come to a new subscription`);
      continue;
    }
    assert.ok(!isBefore || includes(now, sent.at.hi) || (sent.isScheduled && !isOverdue(sent.at, now)), `${String(sent)} comes to a subscription that begins behind it`);
    assert.ok(!sent.isRemoved, `${String(sent)} was purged and comes back`);
    sub.add(sent, sent.at);
  }
  assert.deepEqual([...seen], [], 'a new subscription has messages that nobody published');
}

/** What is seen without taking is what can be known. */
export function checkPeeked(sub: SubscriptionModel, peeked: readonly PeekedMessage[], now: Now): void {
  const seen = new Set<string>();
  let before: Fate | undefined;
  for (const { message, state, deliveryCount } of peeked) {
    const fate = sub.fates.get(message.id);
    assert.ok(fate?.isUnsettled, `peek shows ${fate === undefined ? message.id : String(fate)}`);
    assert.ok(!seen.has(message.id), `peek shows ${String(fate)} twice`);
    seen.add(message.id);
    checkMessage(fate.sent, message);
    assert.equal(deliveryCount, fate.count, `the deliveries of ${String(fate)}, as peeked`);
    assert.ok(legalStates(fate, now).includes(state), `peek shows ${String(fate)} as ${state}`);
    if (before !== undefined) assert.ok(placed(before, fate) <= 0, `peek shows ${String(before)} before ${String(fate)}`);
    before = fate;
  }
  for (const fate of sub.unsettled) {
    const isThere = fate.place.kind !== 'waiting' || hasCome(fate.sent.at, now);
    assert.ok(seen.has(fate.sent.id) || !isThere || mayBeGone(sub, fate, now), `peek does not show ${String(fate)}`);
  }
}

function legalStates({ place }: Fate, now: Now): readonly PeekedMessage['state'][] {
  if (place.kind === 'leased') return hasCome(place.hold.until, now) ? ['waiting'] : mayHaveCome(place.hold.until, now) ? ['waiting', 'leased'] : ['leased'];
  if (place.kind !== 'waiting') return [];
  if (!place.isDelayed || hasCome(place.from, now)) return ['waiting'];
  return mayHaveCome(place.from, now) ? ['waiting', 'delayed'] : ['delayed'];
}

/** The counts are those of what is seen, taken in the same instant. */
export function checkStats(sub: SubscriptionModel, stats: SubscriptionStats, peeked: readonly PeekedMessage[]): void {
  const count = (state: PeekedMessage['state']): number => peeked.filter((one) => one.state === state).length;
  const expected = { waiting: count('waiting'), delayed: count('delayed'), leased: count('leased'), dead: sub.dead.size };
  const known = { waiting: stats.waiting ?? expected.waiting, delayed: stats.delayed ?? expected.delayed, leased: stats.leased ?? expected.leased, dead: stats.dead ?? expected.dead };
  assert.deepEqual(known, expected, `the counts of ${sub.ref.subscription}`);
}

/** The dead letters are those that died, oldest first, each with all that was said of it. */
export function checkDead(sub: SubscriptionModel, records: readonly DeadLetterRecord[], now: Now): void {
  if (now.patienceMs > 0) sortDead(sub, records);
  assert.deepEqual(records.map(({ message }) => message.id), [...sub.dead].map(({ sent }) => sent.id), `the dead letters of ${sub.ref.subscription}`);
  for (const [index, fate] of [...sub.dead].entries()) {
    const record = records[index];
    assert.ok(record);
    checkMessage(fate.sent, record.message);
    assert.deepEqual([record.subscription, record.deliveryCount], [sub.ref.subscription, fate.history.at(-1)?.count], `how ${String(fate)} died`);
    const told = record.history.map(({ reason, description, errors, deliveryCount }) => [reason, description, errors === undefined ? undefined : [...errors], deliveryCount]);
    assert.deepEqual(told, fate.history.map(({ note, count }) => [note.reason, note.description, note.errors === undefined ? undefined : [...note.errors], count]), `the history of ${String(fate)}`);
    for (const [number, { deadAt }] of record.history.entries()) assert.ok(includes(fate.history[number]?.at ?? { lo: 0, hi: 0 }, deadAt), `when ${String(fate)} died`);
  }
}
