import { expect, it } from 'vitest';
import { describeMongo } from '../../../support/mongo/shared.js';
import { bodies, openStage } from './support/stage.js';

/** What the server looks at, at most in one step, for eight pulls of one message each, with so many behind a key that somebody has. */
async function effortBehind(blocked: number): Promise<number> {
  const stage = await openStage();
  await stage.queue({ order: 'key' });
  await stage.publish({ body: 'head', key: 'hot' });
  await (await stage.consumer()).take(1);
  for (let left = blocked; left > 0; left -= 1_000) await stage.publish(...Array.from({ length: 1_000 }, () => ({ body: 'x', key: 'hot' })));
  await stage.publish({ body: 'first', key: 'cold' });
  const consumer = await stage.consumer();
  // Whoever comes first clears what is in the way.
  const [first] = await consumer.take(1);
  if (first !== undefined) await consumer.ack(first);
  await stage.publish(...Array.from({ length: 8 }, (_, index) => ({ body: `cold${String(index)}`, key: `cold${String(index)}` })));
  const profile = await stage.profileOf(async () => {
    const seen: unknown[] = [];
    while (seen.length < 8) {
      const pulled = await consumer.take(1);
      seen.push(...bodies(pulled));
      await consumer.ack(...pulled);
    }
  });
  return Math.max(...profile.flatMap(({ keysExamined, docsExamined }) => [Number(keysExamined ?? 0), Number(docsExamined ?? 0)]));
}

describeMongo('Mongo deliveries: behind a key that is held', () => {
  it('a pull of other keys looks at as little behind thousands of messages as behind a few', async () => {
    const few = await effortBehind(1_000);
    const many = await effortBehind(12_000);
    expect(few).toBeLessThan(50);
    expect(many).toBeLessThanOrEqual(few * 1.3);
  }, 60_000);
});
