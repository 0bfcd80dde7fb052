import { parseArgs } from 'node:util';
import { memoryBackend } from './backend/memory.js';
import { mongoBackend } from './backend/mongo.js';
import { redisBackend } from './backend/redis.js';
import { violationsOf } from './check/invariants.js';
import { againOf, faultLines, reportOf, violationText } from './report.js';
import { planOf, rowOf, rowsOver } from './rows/rows.js';
import { Stage } from './stage/stage.js';

// npm run faults -- [--row N3] [--seed 7] [--runs 1] [--backend redis | mongo | memory] [--stop-after 1] [--faults: what befell, also where all holds]
const { values } = parseArgs({ options: { row: { type: 'string' }, seed: { type: 'string', default: '1' }, runs: { type: 'string', default: '1' }, backend: { type: 'string', default: 'redis' }, 'stop-after': { type: 'string', default: '1' }, faults: { type: 'boolean', default: false } } });
const backend = [redisBackend, mongoBackend, memoryBackend].find(({ name }) => name === values.backend);
if (backend === undefined) throw new Error(`--backend is redis, mongo or memory; got ${values.backend}`);
const first = whole('seed', values.seed);
const runs = whole('runs', values.runs);
const most = whole('stop-after', values['stop-after']);
const chosen = values.row === undefined ? rowsOver(backend.name) : values.row.split(',').map((id) => rowOf(id, backend.name));
const broken: string[] = [];

for (const row of chosen) {
  for (let seed = first; seed < first + runs && broken.length < most; seed++) {
    const plan = planOf(row, seed);
    const began = performance.now();
    const record = await Stage.run(plan, backend, { servers: row.servers, acts: row.acts });
    const violations = violationsOf(record);
    const strikes = record.events.flatMap((event) => (event.kind === 'heal' && event.strikes !== undefined ? [event.strikes] : []));
    const struck = strikes.length === 0 ? '' : `, ${strikes.filter((count) => count > 0).length} of ${strikes.length} struck`;
    const deliveries = record.events.filter(({ kind }) => kind === 'claimed').length;
    console.log(`${row.id} seed ${seed}: ${violations.length === 0 ? 'holds' : violations.slice(0, 3).map(violationText).join('; ')} (${deliveries} deliveries${struck}, ${((performance.now() - began) / 1_000).toFixed(1)} s)`);
    if (values.faults) console.log(faultLines(record).join('\n'));
    if (violations.length === 0) continue;
    broken.push(againOf(backend.name, row.id, seed));
    console.log(reportOf(againOf(backend.name, row.id, seed), plan, record, violations));
  }
}
console.log(broken.length === 0 ? 'every invariant holds' : broken.join('\n'));
process.exitCode = broken.length === 0 ? 0 : 1;

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} must be a whole number, 0 or more; got ${text}`);
}
