import fc from 'fast-check';
import { it } from 'vitest';
import type { ConformanceHarness } from '../../marbles/conformance/harness.js';
import { lateBroker } from '../conformance/support/late-broker.js';
import { memoryCapabilities, memoryHarness } from '../conformance/support/memory-harness.js';
import { openings, play, sequences } from './sequence.js';

/** Whoever looks for rare ones asks for more: MODEL_RUNS=20000. */
const runs = Number(process.env['MODEL_RUNS'] ?? 1_500);

function obey(harness: ConformanceHarness, numRuns: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(openings, sequences(80), (opening, commands) => play(harness, opening, commands)),
    { numRuns, interruptAfterTimeLimit: 300_000, markInterruptAsFailure: true },
  );
}

it('the embedded broker does nothing that the model does not allow, over any sequence of commands', { timeout: 400_000 }, async () => {
  await obey(memoryHarness('memory'), runs);
});

it('nor does a broker of which every answer comes a turn later', { timeout: 400_000 }, async () => {
  await obey(memoryHarness('late', lateBroker, { ...memoryCapabilities, synchronous: false }), Math.ceil(runs / 5));
});
