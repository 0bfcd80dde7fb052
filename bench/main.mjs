// Chronow's embedded broker beside a plain Subject, p-queue and fastq, interleaved in one run; medians. Figures are ratios
// first: machines differ and are noisy, ratios of one run less so.
//
//   npm run bench                        everything
//   npm run bench -- --rounds 5          more rounds for steadier medians (default 3)
//   npm run bench -- --only window-32    one case
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { median, rate, table } from './figures.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, only: { type: 'string' }, messages: { type: 'string', default: '300000' } } });
const rounds = Number(values.rounds);
const messages = Number(values.messages);
const chosen = cases.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  console.error(`no case named ${values.only}; there are: ${cases.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

// Every case has a process of its own, each time: no case pays for another's garbage or profits from its compiled code.
const runner = fileURLToPath(new URL('./one.mjs', import.meta.url));
const results = new Map(chosen.map(({ name }) => [name, []]));
for (let round = 1; round <= rounds; round += 1) {
  for (const { name } of chosen) {
    process.stderr.write(`\rround ${round}/${rounds}  ${name.padEnd(30)}`);
    results.get(name).push(Number(execFileSync(process.execPath, ['--expose-gc', runner, name, String(messages)], { encoding: 'utf8' })));
  }
}
process.stderr.write('\n');

const medians = new Map([...results].map(([name, figures]) => [name, median(figures)]));
console.log(table(chosen, medians));

const subject = medians.get('peer: Subject + mergeMap');
for (const { name, target } of chosen) {
  if (target === undefined) continue;
  const value = medians.get(name);
  console.log(`${name}: ${target.describe(value, { subject, rate, medians })}`);
}
