import fc from 'fast-check';
import { it } from 'vitest';
import type { ConformanceHarness } from '../../marbles/conformance/harness.js';
import { lateBroker } from '../conformance/support/late-broker.js';
import { memoryCapabilities, memoryHarness } from '../conformance/support/memory-harness.js';
import { openings, play, sequences } from './sequence.js';

/** For rare finds, and to run a failure again: see docs/model.md. */
const { MODEL_RUNS = '1500', MODEL_SEED: seed, MODEL_PATH: path, MODEL_REPLAY: replayPath } = process.env;
const runs = Number(MODEL_RUNS);
const again = seed === undefined ? {} : { seed: Number(seed), ...(path === undefined ? {} : { path }) };

function obey(harness: ConformanceHarness, numRuns: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(openings, sequences(80, replayPath), (opening, commands) => play(harness, opening, commands)),
    { numRuns, interruptAfterTimeLimit: 300_000, markInterruptAsFailure: true, ...again },
  );
}

it('the embedded broker does nothing that the model does not allow, over any sequence of commands', { timeout: 400_000 }, async () => {
  await obey(memoryHarness('memory'), runs);
});

it('nor does a broker of which every answer comes a turn later', { timeout: 400_000 }, async () => {
  await obey(memoryHarness('late', lateBroker, { ...memoryCapabilities, synchronous: false }), Math.ceil(runs / 5));
});
