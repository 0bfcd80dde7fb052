import fc from 'fast-check';
import type { ConformanceHarness } from '../../marbles/conformance/harness.js';
import { redeliver, purge } from './commands/bring-back.js';
import { purgeDeadLetters, redrive } from './commands/dead-letters.js';
import { deleteKey, expireKey, getKey, setKey, unwatch, watch } from './commands/keys.js';
import { look } from './commands/look.js';
import { changeOrder, changePolicy, patch } from './commands/policy.js';
import { cancelScheduled, publish, publishRun, resend } from './commands/publish.js';
import { crash, pull, waitFor } from './commands/pull.js';
import { changeLimits, deleteSubscription, deleteTopic } from './commands/remove.js';
import { bury, fail, renew, repeat, settle, settleAbroad } from './commands/settle.js';
import { advance } from './commands/time.js';
import type { Command } from './command.js';
import { settleDown } from './command.js';
import { drain } from './drain.js';
import { Model } from './model.js';
import { openTopic } from './opening.js';
import type { Opening } from './opening.js';
import { World } from './world.js';

type Table = readonly (readonly [number, fc.Arbitrary<Command>])[];

/** The commands, the frequent ones more than once. */
const all: Table = [
  [5, publish],
  [3, publishRun],
  [1, resend],
  [1, cancelScheduled],
  [9, pull],
  [3, waitFor],
  [12, settle],
  [4, fail],
  [1, bury],
  [2, repeat],
  [1, settleAbroad],
  [2, renew],
  [6, advance],
  [3, crash],
  [1, changePolicy],
  [1, changeOrder],
  [1, changeLimits],
  [1, purge],
  [1, redeliver],
  [2, redrive],
  [1, purgeDeadLetters],
  [3, setKey],
  [1, deleteKey],
  [1, expireKey],
  [1, getKey],
  [1, watch],
  [1, unwatch],
  [1, deleteSubscription],
  [1, deleteTopic],
  [2, look],
];

/** Keys and who watches them alone: among all the rest they meet too rarely. */
const keysAlone: Table = [
  [8, setKey],
  [3, deleteKey],
  [2, expireKey],
  [3, getKey],
  [2, watch],
  [1, unwatch],
  [3, advance],
];

/** Sequences of up to so many commands. `replayPath` is printed with a failure. */
export function sequences(maxCommands: number, replayPath?: string): fc.Arbitrary<Iterable<Command>> {
  const of = (table: Table): fc.Arbitrary<Iterable<Command>> =>
    fc.commands(
      table.flatMap(([weight, arbitrary]) => Array.from({ length: weight }, () => arbitrary)),
      { maxCommands, size: 'max', ...(replayPath === undefined ? {} : { replayPath }) },
    );
  return fc.oneof({ weight: 6, arbitrary: of(all) }, { weight: 1, arbitrary: of(keysAlone) });
}

export const openings: fc.Arbitrary<Opening> = fc.record({
  limits: fc.constantFrom({}, {}, { maxStreamLen: 8 }, { maxStreamLen: 8, onFull: 'dropOldest' as const }),
  policies: fc.record({ s: patch, u: patch }),
});

/** One sequence in a session of its own, and then everything comes to its end. */
export async function play(harness: ConformanceHarness, opening: Opening, commands: Iterable<Command>): Promise<void> {
  const session = await harness.open();
  try {
    const world = new World(harness, session);
    const model = new Model(session.scope);
    await openTopic(model, world, opening);
    await settleDown(model, world);
    await fc.asyncModelRun(() => ({ model, real: world }), commands);
    await drain(model, world);
  } finally {
    await session.close();
  }
}
