import fc from 'fast-check';
import { command } from '../command.js';
import type { Command } from '../command.js';

/** Steps at, just before and just behind the deadlines that policies have. */
export const advance: fc.Arbitrary<Command> = command(fc.constantFrom(1, 50, 99, 150, 200, 250, 401, 599, 700, 1_000, 1_001, 2_500, 10_000), {
  name: 'advance',
  run: async (model, world, ms) => {
    // Nothing has a longer deadline, and these are real seconds.
    await world.pass(world.isReal ? Math.min(ms, 2_500) : ms);
    model.hear(world.heard());
    return `${world.now().hi}`;
  },
});
