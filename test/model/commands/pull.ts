import assert from 'node:assert/strict';
import fc from 'fast-check';
import { command, settleDown } from '../command.js';
import type { Command } from '../command.js';
import type { Model } from '../model.js';
import type { Consumer } from '../state/consumer.js';
import { seats } from '../state/subscription-model.js';
import type { World } from '../world.js';

export const where = { subscription: fc.constantFrom('s', 's', 's', 'u'), seat: fc.nat({ max: seats - 1 }) };

interface Seat {
  readonly subscription: string;
  readonly seat: number;
}

/** Who sits there; whoever comes when the seat is empty. */
export async function consumerAt(model: Model, world: World, { subscription, seat }: Seat): Promise<Consumer> {
  const sub = model.subscription(subscription);
  assert.ok(sub);
  return (sub.consumers[seat] ??= await world.attach(sub, seat));
}

/** Asks a waiting claim to stop: it must answer. */
export async function stopClaim(model: Model, world: World, consumer: Consumer): Promise<void> {
  if (consumer.claim === undefined) return;
  consumer.claim.stop();
  await world.still(() => world.hasHeard(consumer));
  model.hear(world.heard());
  assert.equal(consumer.claim, undefined, `a claim of ${consumer.name} does not stop when it is asked to`);
}

function said(consumer: Consumer, before: number): string {
  const taken = [...consumer.holds].slice(before);
  return `${consumer.name}: ${taken.length === 0 ? 'nothing' : taken.map(({ fate, count, isolated }) => `${String(fate.sent)}#${count}${isolated ? ' alone' : ''}`).join(', ')}`;
}

/** Takes what is there, without waiting. */
export async function take(model: Model, world: World, consumer: Consumer, max: number): Promise<string> {
  await stopClaim(model, world, consumer);
  const before = consumer.holds.size;
  world.claim(consumer, max);
  await settleDown(model, world);
  const isLeft = consumer.claim !== undefined;
  await stopClaim(model, world, consumer);
  return isLeft || consumer.isAskedForRoom ? `${said(consumer, before)}${consumer.isAskedForRoom ? ', asked for room' : ''}` : said(consumer, before);
}

const max = fc.constantFrom(1, 1, 2, 4, 10);

export const pull: fc.Arbitrary<Command> = command(fc.record({ ...where, max }), {
  name: 'pull',
  can: (model, { subscription }) => model.subscription(subscription) !== undefined,
  run: async (model, world, args) => take(model, world, await consumerAt(model, world, args), args.max),
});

/** A claim that may stay open over later commands. */
export const waitFor: fc.Arbitrary<Command> = command(fc.record({ ...where, max }), {
  name: 'wait for',
  can: (model, { subscription, seat }) => {
    const sub = model.subscription(subscription);
    return sub !== undefined && sub.consumers[seat]?.claim === undefined;
  },
  run: async (model, world, args) => {
    const consumer = await consumerAt(model, world, args);
    world.claim(consumer, args.max);
    return consumer.name;
  },
});

/** The consumer is gone: what it held lapses by itself. With a farewell, or without. */
export const crash: fc.Arbitrary<Command> = command(fc.record({ ...where, isDetached: fc.boolean() }), {
  name: 'crash',
  can: (model, { subscription, seat }) => model.subscription(subscription)?.consumers[seat] !== undefined,
  run: async (model, world, { subscription, seat, isDetached }) => {
    const sub = model.subscription(subscription);
    const consumer = sub?.consumers[seat];
    assert.ok(sub && consumer);
    if (isDetached) {
      consumer.hasLeft = true;
      await world.answer(consumer.link.detach());
      await world.still(() => consumer.claim === undefined || world.hasHeard(consumer));
      model.hear(world.heard());
      assert.equal(consumer.claim, undefined, `a claim of ${consumer.name} goes on although it has left`);
    } else await stopClaim(model, world, consumer);
    sub.consumers[seat] = undefined;
    return `${consumer.name} with ${consumer.holds.size} in hand`;
  },
});
