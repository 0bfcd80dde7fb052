import fc from 'fast-check';
import { it } from 'vitest';
import { memoryHarness } from '../conformance/support/memory-harness.js';
import { openings, play, sequences } from './sequence.js';

it('the embedded broker does nothing that the model does not allow, over any sequence of commands', { timeout: 120_000 }, async () => {
  const harness = memoryHarness('memory');
  await fc.assert(
    fc.asyncProperty(openings, sequences(80), (opening, commands) => play(harness, opening, commands)),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 1_000), interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
});
