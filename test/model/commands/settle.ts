import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LeaseToken, SettleAction, SettleDeviation, Settlement } from '../../../src/port/lease.js';
import { command, pick } from '../command.js';
import type { Command } from '../command.js';
import type { Model } from '../model.js';
import { checkSettled, findTaken, mayBeTaken } from '../rules/settling.js';
import { includes } from '../span.js';
import type { Hold } from '../state/fate.js';
import type { SubscriptionModel } from '../state/subscription-model.js';
import type { World } from '../world.js';

type Choice = 'live' | 'any';

/** Mostly what somebody holds; now and then a token of any age. */
const choice = fc.record({ of: fc.constantFrom<Choice>('live', 'live', 'live', 'any'), number: fc.nat() });
const action = fc.constantFrom<SettleAction>('ack', 'ack', 'retry', 'retry', 'release', 'leak', 'dead-letter');
const failure = fc.constantFrom(undefined, { reason: 'Rejected' }, { reason: 'BadIban', description: 'no such bank', errors: ['Error: no', 'Error: deeper'] });
const details = fc.record({ action, delayMs: fc.constantFrom(undefined, undefined, 0, 250, 900), failure });

function holdOf(model: Model, { of, number }: { readonly of: Choice; readonly number: number }): Hold | undefined {
  const { live } = model;
  return of === 'live' && live.length > 0 ? pick(live, number) : pick(model.holds, number);
}

function answersOf(settlements: readonly Settlement[], deviations: readonly SettleDeviation[]): readonly (SettleDeviation['result'] | 'done')[] {
  for (const { index } of deviations) assert.ok(index in settlements, `a deviation names settlement ${index} of ${settlements.length}`);
  assert.equal(new Set(deviations.map(({ index }) => index)).size, deviations.length, 'a settlement deviates twice');
  return settlements.map((_one, index) => deviations.find((one) => one.index === index)?.result ?? 'done');
}

const name = (hold: Hold): string => `${hold.fate.sent.id}#${hold.count}`;

/** One call of the consumer that this hold is or was of. */
async function settleAll(model: Model, world: World, { consumer }: Hold, settlements: readonly Settlement[]): Promise<string> {
  const { subscription: sub } = consumer;
  const { value, now } = await world.answer(consumer.link.settle(settlements));
  model.hear(world.events());
  const answers = answersOf(settlements, value);
  const said = settlements.map((one, index) => {
    const answer = answers[index] ?? 'done';
    checkSettled(sub, one, answer, now);
    const hold = sub.holds.get(one.token);
    return `${one.action} ${hold === undefined ? '' : name(hold)} ${answer}`;
  });
  return `${consumer.name}: ${said.join(', ')}`;
}

/** Ends leases in one call: one, or several of one consumer. */
export const settle: fc.Arbitrary<Command> = command(fc.record({ first: choice, details: fc.oneof({ weight: 4, arbitrary: fc.tuple(details) }, { weight: 1, arbitrary: fc.array(details, { minLength: 2, maxLength: 4 }) }) }), {
  name: 'settle',
  can: (model) => model.holds.length > 0,
  run: async (model, world, { first, details: several }) => {
    const hold = holdOf(model, first);
    assert.ok(hold);
    const { consumer } = hold;
    // The others in its hands, and then the same again.
    const holds = [hold, ...[...consumer.holds].filter((other) => other !== hold), hold];
    const settlements = several.map((one, index): Settlement => ({ ...one, token: (holds[index] ?? hold).token }));
    return settleAll(model, world, hold, settlements);
  },
});

/** What somebody holds fails, and comes back by the stored policy. */
export const fail: fc.Arbitrary<Command> = command(fc.record({ number: fc.nat(), delayMs: fc.constantFrom(undefined, undefined, undefined, 0) }), {
  name: 'fail',
  can: (model) => model.live.length > 0,
  run: async (model, world, { number, delayMs }) => {
    const hold = holdOf(model, { of: 'live', number });
    assert.ok(hold);
    return settleAll(model, world, hold, [{ token: hold.token, action: 'retry', delayMs }]);
  },
});

/** All that one consumer holds is rejected. */
export const bury: fc.Arbitrary<Command> = command(fc.record({ number: fc.nat(), failure }), {
  name: 'bury',
  can: (model) => model.live.length > 0,
  run: async (model, world, { number, failure: note }) => {
    const hold = holdOf(model, { of: 'live', number });
    assert.ok(hold);
    return settleAll(model, world, hold, [...hold.consumer.holds].map(({ token }) => ({ token, action: 'dead-letter', failure: note })));
  },
});

/** The same settlement once more. */
export const repeat: fc.Arbitrary<Command> = command(fc.nat(), {
  name: 'repeat',
  can: (model) => model.holds.some(({ end }) => end !== 'live' && end !== 'taken'),
  run: async (model, world, number) => {
    const hold = pick(model.holds.filter(({ end }) => end !== 'live' && end !== 'taken'), number);
    assert.ok(hold && hold.end !== 'live' && hold.end !== 'taken');
    const settlement: Settlement = { token: hold.token, action: hold.end, delayMs: 0 };
    return settleAll(model, world, hold, [settlement]);
  },
});

/** A token shown to another subscription than its own. */
export const settleAbroad: fc.Arbitrary<Command> = command(fc.record({ first: choice, action, seat: fc.nat({ max: 1 }) }), {
  name: 'settle abroad',
  can: (model, { seat }) => model.live.length > 0 && model.subscriptions().some(({ consumers }) => consumers[seat] !== undefined),
  run: async (model, world, { first, action: what, seat }) => {
    const hold = holdOf(model, first);
    assert.ok(hold);
    const abroad: SubscriptionModel | undefined = model.subscriptions().find((sub) => sub !== hold.consumer.subscription && sub.consumers[seat] !== undefined);
    const link = abroad?.consumers[seat]?.link;
    if (link === undefined) return 'nobody there';
    const { value } = await world.answer(link.settle([{ token: hold.token, action: what }]));
    assert.deepEqual(answersOf([{ token: hold.token, action: what }], value), ['lost'], `${name(hold)} was settled in another subscription`);
    return `${name(hold)} lost`;
  },
});

export const renew: fc.Arbitrary<Command> = command(fc.array(choice, { minLength: 1, maxLength: 3 }), {
  name: 'renew',
  can: (model) => model.holds.length > 0,
  run: async (model, world, choices) => {
    const [hold] = choices.flatMap((one) => holdOf(model, one) ?? []);
    assert.ok(hold);
    const { consumer } = hold;
    const { subscription: sub } = consumer;
    const tokens: readonly LeaseToken[] = [hold.token, ...[...consumer.holds].filter((other) => other !== hold).slice(0, choices.length - 1).map(({ token }) => token)];
    const { value, now } = await world.answer(consumer.link.renew(tokens));
    model.hear(world.events());
    const until = sub.leaseEnd(now);
    if (value.lost.length < tokens.length) assert.ok(includes(until, value.leaseUntil), `a renewed lease ends at ${value.leaseUntil}, it should at ${until.lo}`);
    for (const [index, token] of tokens.entries()) {
      const renewed = sub.holds.get(token);
      assert.ok(renewed);
      const isLost = value.lost.includes(index);
      if (isLost && mayBeTaken(renewed, now)) findTaken(sub, renewed, now);
      assert.equal(isLost, renewed.end !== 'live' || sub.isDeleted, `whether the renewal of ${name(renewed)}, ${renewed.end}, was lost`);
      if (renewed.end !== 'live') continue;
      renewed.since = now;
      renewed.until = until;
    }
    return `${consumer.name}: ${value.lost.length} of ${tokens.length} lost`;
  },
});
