import assert from 'node:assert/strict';
import fc from 'fast-check';
import { command, settleDown } from '../command.js';
import type { Command } from '../command.js';
import type { Model } from '../model.js';
import { checkDead, checkPeeked, checkStats, peek } from '../rules/looking.js';
import type { TopicModel } from '../state/topic-model.js';
import type { World } from '../world.js';

/** Looks at everything without taking anything. */
export async function lookAround(model: Model, world: World): Promise<string> {
  const { topic } = model;
  if (topic === undefined) return 'nothing there';
  // What is due is moved by the first look, and goes to whoever waits for it.
  await world.answer(world.broker.inspection.stats(topic.ref));
  await settleDown(model, world);
  // What moves while one looks is looked at again.
  return world.eventually(() => compare(model, world, topic), () => {
    model.hear(world.heard());
    model.turn(world.now());
  });
}

async function compare(model: Model, world: World, topic: TopicModel): Promise<string> {
  const { value: stats } = await world.answer(world.broker.inspection.stats(topic.ref));
  assert.deepEqual(stats.subscriptions.map(({ name }) => name).sort(), [...topic.subscriptions.keys()].sort(), 'which subscriptions there are');
  if (stats.scheduled !== null) assert.equal(stats.scheduled, topic.scheduled.size, 'how many messages are scheduled');
  const said: string[] = [];
  for (const sub of model.subscriptions()) {
    const { value: peeked, now: then } = await peek(sub, world);
    checkPeeked(sub, peeked, then);
    const own = stats.subscriptions.find(({ name }) => name === sub.ref.subscription);
    assert.ok(own);
    checkStats(sub, own, peeked);
    const { value: records, now } = await world.answer(world.broker.inspection.peekDeadLetters(sub.ref, 1_000_000));
    checkDead(sub, records, now);
    said.push(`${sub.ref.subscription}: ${peeked.length} unsettled, ${records.length} dead`);
  }
  return said.join(', ');
}

export const look: fc.Arbitrary<Command> = command(fc.constant(undefined), { name: 'look', run: lookAround });
