import assert from 'node:assert/strict';
import fc from 'fast-check';
import { command } from '../command.js';
import type { Command } from '../command.js';
import { unsettledIn } from '../rules/capacity.js';
import { isDoomed } from '../rules/judge.js';
import { calm, peek } from '../rules/looking.js';
import { mayHaveCome } from '../span.js';
import type { Fate } from '../state/fate.js';

/** Removes what waits or is delayed. What a purge found in hands whose time is over is seen afterwards. */
export const purge: fc.Arbitrary<Command> = command(fc.constant(undefined), {
  name: 'purge',
  can: (model) => model.topic !== undefined,
  run: async (model, world) => {
    const { topic } = model;
    assert.ok(topic);
    await calm(model, world, topic);
    const { value: count, now } = await world.answer(world.broker.inspection.purge(topic.ref));
    model.turn(now);
    model.hear(world.events());
    let least = 0;
    let gone = 0;
    const purged: Fate[] = [];
    for (const sub of model.subscriptions()) {
      const seen = new Map((await peek(sub, world)).value.map(({ message, state }) => [message.id, state]));
      const isWaitedFor = sub.consumers.some((consumer) => consumer?.claim !== undefined);
      for (const fate of sub.unsettled) {
        const { place } = fate;
        if (place.kind === 'leased' && (seen.has(fate.sent.id) || !mayHaveCome(place.hold.until, now))) {
          assert.ok(seen.has(fate.sent.id), `${String(fate)} was purged out of somebody's hands`);
          continue;
        }
        // It was in hands when the purge came by, and has lapsed since.
        if (now.patienceMs > 0 && seen.has(fate.sent.id) && fate.isRisky && place.kind === 'waiting' && place.from.hi >= now.lo) continue;
        // It, or the first of its order, came due when the purge came by: whoever waited has it, and is not heard yet.
        if (now.patienceMs > 0 && isWaitedFor && seen.get(fate.sent.id) === 'leased') continue;
        assert.ok(!seen.has(fate.sent.id), `${String(fate)} was not purged`);
        if (!isDoomed(sub, fate, now)) least += 1;
        gone += 1;
        if (place.kind === 'leased') sub.end(place.hold, 'taken', now);
        fate.place = { kind: 'gone', how: 'purged' };
        purged.push(fate);
      }
    }
    assert.ok(least <= count && count <= gone, `a purge answered ${count}, between ${least} and ${gone} were there`);
    for (const { sent } of purged) if (!topic.isUnsettled(sent)) sent.remove();
    if (topic.subscriptions.size === 0) for (const sent of topic.sent.values()) if (!topic.scheduled.has(sent)) sent.remove();
    return `${count}, ${unsettledIn(topic, now).most} left`;
  },
});

/** Puts messages of the topic into one subscription again; which of them were still there is seen afterwards. */
export const redeliver: fc.Arbitrary<Command> = command(fc.record({ subscription: fc.constantFrom('s', 's', 'u'), numbers: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }) }), {
  name: 'redeliver',
  can: (model, { subscription }) => model.subscription(subscription) !== undefined && (model.topic?.sent.size ?? 0) > 0,
  run: async (model, world, { subscription, numbers }) => {
    const { topic } = model;
    const sub = model.subscription(subscription);
    assert.ok(topic && sub);
    await calm(model, world, topic);
    const all = [...topic.sent.values()].filter((sent) => !topic.scheduled.has(sent));
    const chosen = new Set(numbers.flatMap((number) => (all.length === 0 ? [] : all.slice(number % all.length).slice(0, 1))));
    const { value: count, now } = await world.answer(world.broker.inspection.redeliver(sub.ref, ['no-such-id', ...[...chosen].map(({ id }) => id)]));
    model.hear(world.events());
    const seen = new Set((await peek(sub, world)).value.map(({ message }) => message.id));
    let least = 0;
    let most = 0;
    for (const sent of chosen) {
      const fate = sub.fates.get(sent.id);
      const isDead = fate !== undefined && sub.dead.has(fate);
      const isHeld = topic.isUnsettled(sent);
      const must = isDead || !sent.mayBeRemoved;
      if (must) least += 1;
      if (must || !sent.isRemoved || isHeld) most += 1;
      if (fate?.isUnsettled === true) continue;
      // Somebody who waits may have found it expired at once.
      const isBack = seen.has(sent.id) || model.unexplained.some((one) => one.sub === sub && one.event.id === sent.id);
      assert.ok(!must || isBack, `${String(sent)} is retained and was not delivered again`);
      if (!isBack) continue;
      assert.ok(isDead || !sent.isRemoved, `${String(sent)} was purged and is delivered again`);
      sub.revive(fate ?? sub.add(sent, now), now);
    }
    assert.ok(least <= count && count <= most, `${count} were delivered again, between ${least} and ${most} are there`);
    return [...chosen].map(({ id }) => id).join(', ');
  },
});
