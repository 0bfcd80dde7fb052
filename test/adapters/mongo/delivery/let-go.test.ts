import { expect, it } from 'vitest';
import type { TopicDocument } from '../../../../src/adapters/mongo/layout/topic-document.js';
import { describeMongo, freshDatabase } from '../../../support/mongo/shared.js';
import { bodies, openStage } from './support/stage.js';

describeMongo('Mongo deliveries: keys that were held for nothing', () => {
  it('go free at once, though nobody here asks again or settles, and other processes are woken', async () => {
    const database = freshDatabase();
    const [one, two] = [await openStage({ database }), await openStage({ database })];
    await one.queue({ order: 'key' });
    const keys = Array.from({ length: 8 }, (_, index) => `k${index}`);
    // A claim of 16 meets all eight keys, and finds enough in four of them.
    await one.publish(...[0, 1, 2, 3].flatMap((nr) => keys.map((key) => ({ body: `${key}-${nr}`, key }))));
    const first = (await (await one.consumer()).claim(16)).deliveries;
    await expect.poll(() => one.holds.countDocuments(), { timeout: 20_000 }).toBe(4);
    await expect.poll(() => one.store.collection<TopicDocument>('cw_topics').countDocuments({ poke: { $exists: true } }), { timeout: 20_000 }).toBe(1);
    const second = await (await two.consumer()).take(16);
    expect(new Set(bodies([...first, ...second])).size).toBe(32);
  });
});
