import assert from 'node:assert/strict';
import type { OutgoingMessage } from '../../../src/port/message.js';
import type { PublishReceipt } from '../../../src/port/publisher.js';
import { hasCome, includes, later, mayHaveCome } from '../span.js';
import type { Now, Span } from '../span.js';
import type { Known, TopicModel } from '../state/topic-model.js';
import { unsettledIn } from './capacity.js';

function nameOf({ key, idempotencyKey }: OutgoingMessage): string | undefined {
  return idempotencyKey === undefined ? undefined : JSON.stringify([key ?? null, idempotencyKey]);
}

/** What an idempotency key is known for. */
function knownAs(topic: TopicModel, message: OutgoingMessage): Known | undefined {
  const name = nameOf(message);
  return name === undefined ? undefined : topic.known.get(name);
}

/** When a message is to become due; undefined: at once. */
function dueTime({ delayMs, deliverAt }: OutgoingMessage, now: Now): Span | undefined {
  const byDelay = later(now, delayMs ?? 0);
  const due = deliverAt === undefined ? byDelay : { lo: Math.max(byDelay.lo, deliverAt), hi: Math.max(byDelay.hi, deliverAt) };
  return due.lo > now.lo ? due : undefined;
}

/** How many places a batch takes: no fewer than `least`, no more than `most`. */
function needs(topic: TopicModel, messages: readonly OutgoingMessage[], now: Now): { readonly least: number; readonly most: number } {
  const names = new Set<string>();
  let least = 0;
  let most = 0;
  for (const message of messages) {
    const name = nameOf(message);
    if (dueTime(message, now) !== undefined || (name !== undefined && names.has(name))) {
      if (name !== undefined) names.add(name);
      continue;
    }
    if (name !== undefined) names.add(name);
    const known = knownAs(topic, message);
    const ends = known && later(known.at, topic.limits.idempotencyWindowMs);
    if (ends === undefined || hasCome(ends, now)) least += 1;
    if (ends === undefined || mayHaveCome(ends, now)) most += 1;
  }
  return { least, most };
}

/** Whether the batch may, or must, be refused as too much. */
export function refusal(topic: TopicModel, messages: readonly OutgoingMessage[], now: Now): { readonly may: boolean; readonly must: boolean } {
  const { onFull, maxStreamLen } = topic.limits;
  if (onFull === 'dropOldest' || topic.subscriptions.size === 0) return { may: false, must: false };
  const room = needs(topic, messages, now);
  const held = unsettledIn(topic, now);
  return { may: room.most > 0 && held.most + room.most > maxStreamLen, must: room.least > 0 && held.least + room.least > maxStreamLen };
}

/** A batch was stored: were the receipts legal? Takes the messages over. */
export function checkStored(topic: TopicModel, messages: readonly OutgoingMessage[], receipts: readonly PublishReceipt[], now: Now): ReadonlySet<string> {
  assert.equal(receipts.length, messages.length, 'one receipt a message');
  const fresh = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const receipt = receipts[index];
    assert.ok(receipt);
    const { id, duplicate, dueAt } = receipt;
    const known = knownAs(topic, message);
    const ends = known && later(known.at, topic.limits.idempotencyWindowMs);
    if (known !== undefined && ends !== undefined && (duplicate || !mayHaveCome(ends, now))) {
      assert.ok(!hasCome(ends, now), `the receipt of ${id} says duplicate after the window`);
      assert.deepEqual([id, duplicate, dueAt], [known.receipt.id, true, known.receipt.dueAt], 'the receipt of a duplicate names the first');
      continue;
    }
    assert.equal(duplicate, false, `the receipt of ${id} says duplicate`);
    assert.ok(!topic.sent.has(id) && !topic.cancelled.has(id), `the id ${id} was given twice`);
    const due = dueTime(message, now);
    // On a slow line its time may have come before it was stored.
    const isRight = dueAt === undefined ? due === undefined || mayHaveCome(due, now) : due !== undefined && includes(due, dueAt);
    assert.ok(isRight, `${id} is due at ${String(dueAt)}, it should be at ${String(due?.lo)}`);
    topic.store(id, message, now, dueAt);
    fresh.add(id);
    const name = nameOf(message);
    if (name !== undefined) topic.known.set(name, { receipt, at: now });
  }
  return fresh;
}
