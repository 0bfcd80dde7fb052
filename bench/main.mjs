// Chronow beside its peers, interleaved in one run; medians. Figures are ratios first: machines differ and are noisy, ratios of one
// run less so.
//
//   npm run bench                                  the embedded broker beside a plain Subject, p-queue and fastq
//   npm run bench -- --suite redis                 Redis beside raw ioredis, BullMQ, JetStream and RabbitMQ (where installed)
//   npm run bench -- --suite mongo                 MongoDB beside a hand-written loop, agenda, mongomq2 and mongodb-queue
//   npm run bench -- --rounds 5                    more rounds for steadier medians (default 3)
//   npm run bench -- --only window-32              the cases whose names begin so; may be repeated
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, table } from './figures.mjs';
import { suites } from './suites/index.mjs';

const { values } = parseArgs({ options: { suite: { type: 'string', default: 'embedded' }, rounds: { type: 'string', default: '3' }, only: { type: 'string', multiple: true }, messages: { type: 'string' } } });
const load = suites[values.suite];
if (load === undefined) {
  console.error(`no suite named ${values.suite}; there are: ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}
const suite = await load();
const rounds = Number(values.rounds);
const messages = Number(values.messages ?? suite.messages);
const chosen = suite.cases.filter(({ name }) => values.only === undefined || values.only.some((start) => name.startsWith(start)));
if (chosen.length === 0) {
  console.error(`no case begins with ${values.only.join(' or ')}; there are: ${suite.cases.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

// Every case has a process of its own, each time: no case pays for another's garbage or profits from its compiled code.
const runner = fileURLToPath(new URL('./one.mjs', import.meta.url));
const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Not by execFileSync: a signal is only heard between turns. */
function measure(name, environment) {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, ['--expose-gc', runner, values.suite, name, String(messages)], { encoding: 'utf8', env: { ...process.env, ...environment } }, (error, output) => {
      running.delete(child);
      if (error === null) resolve(Number(output));
      else reject(error);
    });
    child.stderr.pipe(process.stderr, { end: false });
    running.add(child);
  });
}

const results = new Map();
const failures = [];
const { environment, end } = await suite.prepare();
try {
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, needs } of chosen) {
      if (needs !== undefined && environment[needs] === undefined) continue;
      process.stderr.write(`\rround ${round}/${rounds}  ${name.padEnd(50)}`);
      try {
        const figure = await measure(name, environment);
        results.set(name, [...(results.get(name) ?? []), figure]);
      } catch {
        // It has said why; the others go on.
        failures.push(`${name}: failed in round ${round}`);
      }
    }
  }
} finally {
  await end();
}
process.stderr.write('\n');

const medians = new Map([...results].map(([name, figures]) => [name, median(figures)]));
const measured = chosen.filter(({ name }) => medians.has(name));
console.log(table(measured, medians));
for (const { name, target } of measured) if (target !== undefined) console.log(`${name}: ${target.describe(medians.get(name), medians)}`);
for (const { name, needs } of chosen) if (needs !== undefined && environment[needs] === undefined) console.log(`${name}: not run, ${needs} is not there`);
for (const failure of failures) console.log(failure);
if (failures.length > 0) process.exitCode = 1;
