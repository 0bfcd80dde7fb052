import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { KeyWrite } from '../../../src/port/key-store.js';
import { command } from '../command.js';
import type { Command } from '../command.js';
import type { Model } from '../model.js';
import { checkDeleted, checkHistory, checkState, checkWritten, fits } from '../rules/keys.js';
import { later } from '../span.js';
import { pick } from '../command.js';
import { Watching } from '../state/watching.js';
import type { KeyModel } from '../state/key-model.js';
import type { KeyRef } from '../../../src/port/names.js';

const name = fc.constantFrom('k', 'k', 'k1', 'l*', 'l');
type Expectation = 'any' | 'right' | 'old' | 'never written' | 'far';
const expectation = fc.constantFrom<Expectation>('any', 'any', 'any', 'right', 'right', 'old', 'never written', 'far');

function revisionOf(key: KeyModel, expected: Expectation): number | undefined {
  if (expected === 'any') return undefined;
  if (expected === 'never written') return 0;
  if (expected === 'old') return Math.max(0, (key.written.at(-2)?.revision ?? key.revision) - (key.written.length > 1 ? 0 : 1));
  return expected === 'far' ? key.revision + 1_000_000 : key.revision;
}

const refOf = (model: Model, key: string): KeyRef => ({ ...model.scope, key });

let bodies = 0;

export const setKey: fc.Arbitrary<Command> = command(fc.record({ key: name, expected: expectation, ttlMs: fc.constantFrom(undefined, undefined, 300, 1_500), keepVersions: fc.constantFrom(undefined, 2, 3) }), {
  name: 'set',
  run: async (model, world, { key: named, expected, ttlMs, keepVersions }) => {
    const key = model.key(named);
    bodies += 1;
    const write: KeyWrite & { readonly body: string } = { key: refOf(model, named), body: `v${bodies}`, ttlMs, expectedRevision: revisionOf(key, expected), keepVersions };
    const { value, now } = await world.ask(world.broker.keys.set(write), 'KEY_CLOSED');
    if (value === undefined) {
      assert.ok(key.mark === 'closed' && fits(key, write.expectedRevision, now).may, `${named} was refused as closed`);
      return 'closed';
    }
    assert.ok(!value.written || key.mark !== 'closed', `${named} is closed and was written`);
    checkWritten(key, write, value, now);
    return `${value.written ? 'written' : 'refused'} at ${value.state.revision}`;
  },
});

export const deleteKey: fc.Arbitrary<Command> = command(fc.record({ key: name, expected: expectation, mark: fc.constantFrom('none' as const, 'none' as const, 'tombstone' as const, 'tombstone' as const, 'closed' as const) }), {
  name: 'del',
  run: async (model, world, { key: named, expected, mark }) => {
    const key = model.key(named);
    const request = { key: refOf(model, named), mark, expectedRevision: revisionOf(key, expected) };
    const { value, now } = await world.answer(world.broker.keys.del(request));
    checkDeleted(key, request, value, now);
    return `${value.written ? 'done' : 'refused'} at ${value.state.revision}`;
  },
});

export const expireKey: fc.Arbitrary<Command> = command(fc.record({ key: name, ttlMs: fc.constantFrom(200, 1_000) }), {
  name: 'expire',
  run: async (model, world, { key: named, ttlMs }) => {
    const key = model.key(named);
    const { value: isDone, now } = await world.answer(world.broker.keys.expire(refOf(model, named), ttlMs));
    key.look(isDone, undefined, now);
    assert.equal(isDone, key.body !== undefined, `whether ${named} could be given a time to live`);
    if (isDone) key.expires = later(now, ttlMs);
    return isDone ? 'done' : 'no value';
  },
});

export const getKey: fc.Arbitrary<Command> = command(fc.record({ key: name, limit: fc.constantFrom(1, 2, 9) }), {
  name: 'get',
  run: async (model, world, { key: named, limit }) => {
    const key = model.key(named);
    const { value: state, now } = await world.answer(world.broker.keys.get(refOf(model, named)));
    checkState(key, state, now);
    const { value: versions, now: then } = await world.answer(world.broker.keys.history(refOf(model, named), limit));
    checkHistory(key, versions, limit, then);
    return `${String(state.body)} at ${state.revision}, ${versions.length} before`;
  },
});

export const watch: fc.Arbitrary<Command> = command(fc.constantFrom({ key: 'k' }, { key: 'l*' }, { prefix: 'k' }, { prefix: 'l*' }, { prefix: '' }), {
  name: 'watch',
  can: (model) => model.watchings.size < 4,
  run: async (model, world, target) => {
    const watching = new Watching(target);
    model.watchings.add(watching);
    const { watches } = world.broker;
    world.watch(watching, 'key' in target ? watches.watchKey(refOf(model, target.key)) : watches.watchPrefix(model.scope, target.prefix));
    return `${model.watchings.size} watch`;
  },
});

export const unwatch: fc.Arbitrary<Command> = command(fc.nat(), {
  name: 'unwatch',
  can: (model) => model.watchings.size > 0,
  run: async (model, world, number) => {
    const watching = pick([...model.watchings], number);
    assert.ok(watching);
    model.hear(world.heard());
    watching.stop();
    watching.hasStopped = true;
    model.watchings.delete(watching);
    return JSON.stringify(watching.target);
  },
});
