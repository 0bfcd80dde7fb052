import { parseArgs } from 'node:util';
import { plantedBugs } from '../fixtures/simulation/planted-bugs.js';
import { violationsOf } from './check/invariants.js';
import { makePlan } from './plan/make-plan.js';
import { explain, violationText } from './report/report.js';
import { run, type Planted } from './run.js';

// npm run simulate -- --seed 1 --runs 10000 [--stop-after 1], or --teeth: the first seed that catches each planted bug
const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, runs: { type: 'string', default: '100' }, 'stop-after': { type: 'string', default: '1' }, teeth: { type: 'boolean', default: false } } });
const first = whole('seed', values.seed);
const runs = whole('runs', values.runs);
const most = whole('stop-after', values['stop-after']);

if (values.teeth) for (const { bug, caughtBy, ...planted } of plantedBugs) console.log(`${caughtBy} ${await firstSeedThat(caughtBy, planted)} ${bug}`);

const began = performance.now();
let virtualMs = 0;
let done = 0;
let events = 0;
const failed: number[] = [];
for (let seed = first; seed < first + (values.teeth ? 0 : runs) && failed.length < most; seed++) {
  const plan = makePlan(seed);
  const record = await run(plan);
  virtualMs += record.virtualMs;
  events += record.events.length;
  done += 1;
  const violations = violationsOf(record);
  if (violations.length === 0) continue;
  failed.push(seed);
  console.log([`seed ${String(seed)} breaks`, ...violations.slice(0, 10).map(violationText), '', 'shrunken:', ...(await explain(plan)), ''].join('\n'));
}
console.log(`${String(done)} seeds from ${String(first)} on, ${String(events)} events, ${(virtualMs / 3_600_000).toFixed(2)} virtual hours: ${failed.length === 0 ? 'every invariant holds' : `broken by ${failed.join(', ')}`}`);
if (failed.length > 0) console.log(`npm run simulate -- --seed ${String(failed[0])} --runs 1`);
// Not on the same stream: what is said of a seed is the same in every run.
console.error(`${(virtualMs / 3_600 / (performance.now() - began)).toFixed(3)} virtual hours per second`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function firstSeedThat(breaks: string, planted: Planted): Promise<string> {
  for (let seed = first; seed < first + 500; seed++) {
    if (violationsOf(await run(makePlan(seed), planted)).some(({ invariant }) => invariant === breaks)) return String(seed);
  }
  return 'none';
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} must be a whole number, 0 or more; got ${text}`);
}
