import { it } from 'vitest';
import { violationsOf } from './check/invariants.js';
import { makePlan } from './plan/make-plan.js';
import { run } from './run.js';

it('runs', async () => {
  let ms = 0, steps = 0; const t0 = Date.now();
  const n = Number(process.env['RUNS'] ?? 20);
  const from = Number(process.env['FROM'] ?? 1);
  const counts = new Map<string, number>();
  for (let seed = from; seed < from + n; seed++) {
    const r = await run(makePlan(seed));
    ms += r.virtualMs; steps += r.steps;
    const vs = violationsOf(r);
    for (const i of new Set(vs.map((v) => v.invariant))) counts.set(i, (counts.get(i) ?? 0) + 1);
    if (vs.length > 0) process.stdout.write(`${seed}: ${vs.length} ${vs.filter((v) => v.invariant !== 'I11' || !v.text.includes('LINK_LOST')).slice(0, 3).map((v) => `${v.invariant}@${v.at} ${v.text}`).join(' | ')}\n`);
  }
  const s = (Date.now() - t0) / 1000;
  process.stdout.write(`${s} s ${ms / 3600e3 / s} virtual hours/s ${steps / s} ${JSON.stringify([...counts])}\n`);
}, 600000);
