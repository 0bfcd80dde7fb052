import { Chronow } from 'chronow';
import { NEVER, timer } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audit } from '../../../examples/earthquakes/audit.js';
import { printReport } from '../../../examples/earthquakes/report.js';
import { run } from '../../../examples/earthquakes/run.js';
import { demo as liveConcurrency } from '../../../examples/live-concurrency/demo.js';
import { demo as orderSaga } from '../../../examples/order-saga/demo.js';

let cw: Chronow;
beforeEach(async () => { cw = await Chronow.init(); });
afterEach(async () => { await cw.close(); });

class Written {
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

describe('the earthquakes example', () => {
  it.each([1, 2])('accounts for every record at high speed, with seed %i', async (seed) => {
    const result = await run({ cw, speed: 50, seed, stop$: NEVER, progress: new Written() });
    expect(audit(result)).toEqual([]);
    expect(result.ledger.totals('alerts').retried).toBeGreaterThan(0);
    expect(result.review?.redriven).toBe(36);
    expect(result.dead.get('quality')).toHaveLength(28);
    const report = new Written();
    printReport(result, [], report);
    expect(report.text).toContain('1,707 records in 3 subscriptions');
    expect(report.text).not.toContain('\u001b');
  }, 30_000);

  it('finishes what runs when it is stopped, and books no end that should not be', async () => {
    const result = await run({ cw, speed: 1, seed: 1, stop$: timer(300), progress: new Written() });
    expect(result.interrupted).toBe(true);
    expect(result.published).toBeGreaterThan(0);
    expect(result.published).toBeLessThan(1_707);
    expect(audit(result)).toEqual([]);
    const { subscriptions } = await cw.bus.stats('earthquakes');
    expect(subscriptions.map(({ leased }) => leased)).toEqual([0, 0, 0]);
    expect(subscriptions.map(({ name, waiting, delayed, dead }) => ({ name, all: (waiting ?? 0) + (delayed ?? 0) + (dead ?? 0) }))).toEqual(
      subscriptions.map(({ name }) => ({ name, all: result.published - [...result.ledger.fates(name).values()].filter((ends) => ends.at(-1) === 'acked').length })),
    );
  }, 30_000);
});

describe('the small examples', () => {
  it('live-concurrency loses nothing and keeps to its limits', async () => {
    expect(await liveConcurrency(cw, () => undefined)).toEqual([]);
  }, 10_000);

  it('order-saga keeps the order of each order', async () => {
    expect(await orderSaga(cw, () => undefined)).toEqual([]);
  }, 10_000);
});
