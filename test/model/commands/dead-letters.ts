import assert from 'node:assert/strict';
import fc from 'fast-check';
import { command, settleDown } from '../command.js';
import type { Command } from '../command.js';
import type { Model } from '../model.js';
import { checkDead } from '../rules/looking.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import type { World } from '../world.js';

const subscription = fc.constantFrom('s', 's', 'u');

function checkAll(model: Model, world: World, sub: SubscriptionModel): Promise<void> {
  const check = async (): Promise<void> => {
    const { value: records, now } = await world.answer(world.broker.inspection.peekDeadLetters(sub.ref, 1_000_000));
    checkDead(sub, records, now);
  };
  return world.eventually(check, () => model.hear(world.heard()));
}

export const redrive: fc.Arbitrary<Command> = command(
  fc.record({
    subscription,
    /** Every second of them, and one that is not there. */
    isByIds: fc.constantFrom(false, false, true),
    reason: fc.constantFrom(undefined, undefined, undefined, 'MaxDeliveries', 'Rejected', 'Expired', 'NeverStarted'),
    max: fc.constantFrom(undefined, 1, 1, 2),
  }),
  {
    name: 'redrive',
    can: (model, { subscription: name }) => model.subscription(name) !== undefined && model.subscriptions().some(({ dead }) => dead.size > 0),
    run: async (model, world, { subscription: name, isByIds, reason, max }) => {
      const sub = model.subscription(name);
      assert.ok(sub);
      const ids = isByIds ? [...[...sub.dead].filter((_fate, index) => index % 2 === 0).map(({ sent }) => sent.id), 'no-such-id'] : undefined;
      if (world.isReal) await checkAll(model, world, sub);
      const { value: count, now } = await world.answer(world.broker.inspection.redrive({ subscription: sub.ref, ids, reason, max }));
      model.hear(world.events());
      const chosen = [...sub.dead].filter(({ sent, history }) => (ids?.includes(sent.id) ?? true) && (reason === undefined || history.at(-1)?.note.reason === reason)).slice(0, max);
      assert.equal(count, chosen.length, 'how many went back');
      for (const fate of chosen) sub.revive(fate, now);
      await settleDown(model, world);
      await checkAll(model, world, sub);
      return chosen.map(({ sent }) => sent.id).join(', ');
    },
  },
);

export const purgeDeadLetters: fc.Arbitrary<Command> = command(subscription, {
  name: 'purge dead letters',
  can: (model, name) => (model.subscription(name)?.dead.size ?? 0) > 0,
  run: async (model, world, name) => {
    const sub = model.subscription(name);
    assert.ok(sub);
    const { value: count } = await world.answer(world.broker.inspection.purgeDeadLetters(sub.ref));
    assert.equal(count, sub.dead.size, 'how many dead letters there were');
    for (const fate of sub.dead) fate.place = { kind: 'gone', how: 'purged' };
    sub.dead.clear();
    return `${count}`;
  },
});
