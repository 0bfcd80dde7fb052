import fc from 'fast-check';
import { test } from 'vitest';
import { play, scenario } from './support/random-flows.js';

test('whatever the subscribers do: one fate a message, no attempt burnt, credit exact, order kept', () => {
  fc.assert(fc.property(scenario, (one) => { play(one); }), { numRuns: 2_000 });
}, 60_000);
