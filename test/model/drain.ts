import assert from 'node:assert/strict';
import { lookAround } from './commands/look.js';
import { consumerAt, stopClaim, take } from './commands/pull.js';
import { settleDown } from './command.js';
import type { Model } from './model.js';
import { checkSettled } from './rules/settling.js';
import { checkState } from './rules/keys.js';
import type { SubscriptionModel } from './state/subscription-model.js';
import type { World } from './world.js';

/** Longer than any lease, delay or schedule of a command. */
const stepMs = 2_500;

function isOpen(model: Model): boolean {
  return (model.topic?.scheduled.size ?? 0) > 0 || model.subscriptions().some(({ unsettled }) => unsettled.length > 0);
}

/** A consumer that never fails takes and acknowledges what it can get. */
async function work(model: Model, world: World, sub: SubscriptionModel): Promise<void> {
  const consumer = await consumerAt(model, world, { subscription: sub.ref.subscription, seat: 0 });
  for (;;) {
    await take(model, world, consumer, 100);
    const settlements = [...consumer.holds].map(({ token }) => ({ token, action: 'ack' as const }));
    if (settlements.length === 0) return;
    const { value, now } = await world.answer(consumer.link.settle(settlements));
    assert.deepEqual(value, [], 'an acknowledgement in time is done');
    for (const settlement of settlements) checkSettled(sub, settlement, 'done', now);
  }
}

/** With everybody else gone and nobody failing, everything comes to exactly one end: acknowledged, dead, dropped or purged. */
export async function drain(model: Model, world: World): Promise<void> {
  model.turn(world.now());
  for (const sub of model.subscriptions()) {
    for (const [seat, consumer] of sub.consumers.entries()) {
      if (consumer === undefined) continue;
      await stopClaim(model, world, consumer);
      sub.consumers[seat] = undefined;
    }
  }
  for (let round = 0; round < 12 && isOpen(model); round += 1) {
    await world.pass(round === 0 ? 0 : stepMs);
    model.hear(world.heard());
    for (const sub of model.subscriptions()) await work(model, world, sub);
    await settleDown(model, world);
  }
  for (const sub of model.subscriptions()) for (const fate of sub.unsettled) assert.fail(`${String(fate)} came to no end`);
  await lookAround(model, world);
  for (const key of model.keys.values()) {
    const { value, now } = await world.answer(world.broker.keys.get({ ...model.scope, key: key.key }));
    checkState(key, value, now);
  }
  await settleDown(model, world);
  for (const watching of model.watchings) watching.stop();
}
