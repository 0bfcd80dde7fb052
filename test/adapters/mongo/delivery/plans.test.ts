import { expect, it } from 'vitest';
import type { Document } from 'mongodb';
import { describeMongo } from '../../../support/mongo/shared.js';
import { openStage, type Stage } from './support/stage.js';

/** Every read and write that consuming takes, with what else a subscription goes through. */
async function everything(stage: Stage): Promise<void> {
  const consumer = await stage.consumer();
  const held = await consumer.take(12);
  await consumer.renew(held);
  await consumer.ack(...held.slice(0, 4));
  await consumer.end('release', held.slice(4, 6));
  await consumer.end('leak', held.slice(6, 8));
  await consumer.end('retry', held.slice(8, 10), { delayMs: 60_000 });
  await consumer.end('dead-letter', held.slice(10));
  await consumer.look(100);
  await consumer.look(100);
}

/** Whatever is not answered by an index, in the order of the index. */
function slow(profile: readonly Document[]): readonly unknown[] {
  return profile
    .filter(({ op }) => op !== 'insert')
    .filter(({ planSummary, hasSortStage }) => hasSortStage === true || !/^(?:IXSCAN|IDHACK|COUNT_SCAN|EOF)/.test(String(planSummary)))
    .map((entry) => JSON.stringify([entry['ns'], entry['op'], entry['planSummary'], entry['hasSortStage'], entry['command']]).slice(0, 300));
}

describeMongo('Mongo deliveries: plans', () => {
  for (const order of ['none', 'key', 'strict'] as const) {
    it(`order ${order}: everything is answered by an index, nothing is sorted`, async () => {
      const stage = await openStage();
      await stage.queue({ order });
      await stage.publish(...Array.from({ length: 400 }, (_, index) => ({ body: 'x', key: `k${index % 40}` })));
      const profile = await stage.profileOf(() => everything(stage));
      expect(profile.length).toBeGreaterThan(10);
      expect(slow(profile)).toEqual([]);
    });
  }

  it('a claim reads as many keys and documents as it takes, behind thousands that are parked, leased and delayed', async () => {
    const stage = await openStage();
    const { id } = await stage.queue({ order: 'key' });
    await stage.publish(...Array.from({ length: 3_000 }, (_, index) => ({ body: 'x', key: 'hot', headers: { n: String(index) } })));
    const later = new Date(stage.store.clock.now() + 600_000);
    await stage.pointers.updateMany({ s: id }, { $set: { st: 2 } });
    await stage.holds.insertOne({ _id: `${id}|hot`, s: id, own: 'somebody', until: later, n: 0, w: 1 });
    await stage.publish(...Array.from({ length: 1_000 }, () => ({ body: 'x' })));
    await stage.pointers.updateMany({ s: id, st: 0 }, { $set: { at: later, n: 1, tok: 'somebody' } });
    await stage.publish(...Array.from({ length: 8 }, (_, index) => ({ body: 'x', key: `cold${index}` })));
    const consumer = await stage.consumer();
    const profile = await stage.profileOf(async () => { await consumer.take(8); });
    const examined = profile.map(({ keysExamined, docsExamined }) => Math.max(Number(keysExamined ?? 0), Number(docsExamined ?? 0)));
    expect(Math.max(...examined)).toBeLessThan(200);
  });
});
