import { describe, expect, it } from 'vitest';
import { plantedBugs } from '../fixtures/simulation/planted-bugs.js';
import { invariants, violationsOf } from './check/invariants.js';
import { makePlan } from './plan/make-plan.js';
import { run } from './run.js';

async function broken(seed: number, planted = {}): Promise<readonly string[]> {
  return [...new Set(violationsOf(await run(makePlan(seed), planted)).map(({ invariant }) => invariant))];
}

describe('the simulation has teeth', () => {
  it.each(plantedBugs)('$caughtBy notices that $bug', async ({ caughtBy, seed, ...planted }) => {
    expect(await broken(seed, planted)).toContain(caughtBy);
    // And it is the bug that is noticed.
    expect(await broken(seed)).toEqual([]);
  });

  it('has a planted bug for every invariant', () => {
    const caught = new Set(plantedBugs.map(({ caughtBy }) => caughtBy));
    expect(invariants.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([]);
  });
});
