import { it } from 'vitest';
import { makePlan } from './plan/make-plan.js';
import { run } from './run.js';

it('runs', async () => {
  let ms = 0, steps = 0; const t0 = Date.now();
  const n = Number(process.env['RUNS'] ?? 20);
  for (let seed = 1; seed <= n; seed++) {
    const r = await run(makePlan(seed));
    ms += r.virtualMs; steps += r.steps;
    const errs = r.events.filter((e) => e.kind === 'stream-error').length;
    console.log(seed, r.events.length, r.steps, r.final.drainedAt, r.plan.healAt, r.final.left.join('; '), String(r.final.crash ?? ''), errs, r.final.unsettled.join(','), [...r.final.closing].filter(([, v]) => v === undefined).map(([k]) => k).join(','));
  }
  const s = (Date.now() - t0) / 1000;
  console.log(s, 's', ms / 3600e3 / s, 'virtual hours/s', steps / s);
}, 600000);
