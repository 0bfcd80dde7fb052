import { describe, expect, it } from 'vitest';
import { violationsOf } from './check/invariants.js';
import { makePlan } from './plan/make-plan.js';
import { explain, violationText } from './report/report.js';
import { run } from './run.js';

const seeds = 400;
const perTest = 50;

describe('several clients over one broker, with faults, in virtual time', () => {
  it.each(Array.from({ length: seeds / perTest }, (_, index) => 1 + index * perTest))(`no invariant is broken by the ${String(perTest)} seeds from %i on`, async (first) => {
    for (let seed = first; seed < first + perTest; seed++) {
      const plan = makePlan(seed);
      const broken = violationsOf(await run(plan)).map(violationText);
      // The shrunken timeline stands in the failure itself.
      if (broken.length > 0) expect.fail([`npm run simulate -- --seed ${String(seed)} --runs 1`, ...broken.slice(0, 10), ...(await explain(plan))].join('\n'));
    }
  });
});
