import { describe, expect, it } from 'vitest';
import { plantedBugs } from '../fixtures/simulation/planted-bugs.js';
import { violationsOf } from './check/invariants.js';
import { makePlan } from './plan/make-plan.js';
import { explain } from './report/report.js';
import { timeline } from './report/timeline.js';
import { run } from './run.js';

describe('a seed says everything', () => {
  it.each([1, 7, 33, 47])('seed %i makes the same history twice, to the letter', async (seed) => {
    const first = await run(makePlan(seed));
    const second = await run(makePlan(seed));
    expect(timeline(second.events)).toEqual(timeline(first.events));
    expect(first.events.length).toBeGreaterThan(20);
  });

  it('what fails is shrunken to the little that matters, and still fails', async () => {
    const bug = plantedBugs.find(({ caughtBy }) => caughtBy === 'I7');
    const plan = makePlan(bug?.seed ?? 1);
    const lines = await explain(plan, bug);
    expect(await explain(plan, bug)).toEqual(lines);
    expect(lines.filter((line) => line.startsWith('message ')).length).toBeLessThanOrEqual(2);
    expect(lines.at(-1)).toMatch(/^I7/);
    expect(violationsOf(await run(plan, bug)).length).toBeGreaterThan(0);
  });
});
