import { expect, it } from 'vitest';
import { describeMongo, freshDatabase } from '../../../support/mongo/shared.js';
import { bodies, openStage, type Stage } from './support/stage.js';

const hot = (count: number, key = 'hot'): { readonly body: string; readonly key: string }[] => Array.from({ length: count }, (_, index) => ({ body: `${key}${index}`, key }));

async function twoStages(): Promise<readonly [Stage, Stage]> {
  const database = freshDatabase();
  return [await openStage({ database }), await openStage({ database })];
}

describeMongo('Mongo deliveries: order', () => {
  it('keys keep their order over two processes, whatever is retried and released', async () => {
    const [one, two] = await twoStages();
    await one.queue({ order: 'key', maxDeliveries: 100 });
    const keys = ['a', 'b', 'c', 'd'];
    await one.publish(...hot(40, 'a'), ...hot(40, 'b'), ...hot(40, 'c'), ...hot(40, 'd'));
    const done = new Map<string, string[]>(keys.map((key) => [key, []]));
    let settled = 0;
    const work = async (stage: Stage, chance: number): Promise<void> => {
      const consumer = await stage.consumer();
      for (let turn = chance; settled < 160; turn += 1) {
        const { deliveries } = await consumer.look(16);
        for (const key of keys) {
          const run = deliveries.filter(({ message }) => message.key === key);
          const failed = run[turn % 3];
          const from = turn % 4 === 0 && failed !== undefined ? run.indexOf(failed) : run.length;
          for (const { message: { body } } of run.slice(0, from)) done.get(key)?.push(String(body));
          await consumer.ack(...run.slice(0, from));
          settled += from;
          await consumer.end('release', run.slice(from + 1));
          await consumer.end('retry', run.slice(from, from + 1), { delayMs: turn % 8 === 0 ? 0 : 30 });
        }
      }
    };
    await Promise.all([work(one, 0), work(one, 1), work(two, 2), work(two, 3)]);
    for (const key of keys) expect(done.get(key)).toEqual(hot(40, key).map(({ body }) => body));
    expect([await one.pointers.countDocuments(), await one.holds.countDocuments({ w: { $exists: false } })]).toEqual([0, 0]);
  });

  it.each(['key', 'strict'] as const)('order %s: what was scheduled comes by when it fell due, among what was published', async (order) => {
    const stage = await openStage();
    await stage.queue({ order });
    await stage.publish({ body: 'third', key: 'a', delayMs: 300 }, { body: 'much later', key: 'a', delayMs: 60_000 }, { body: 'second', key: 'a', delayMs: 150 }, { body: 'first', key: 'a' });
    await expect.poll(() => stage.pointers.countDocuments({ $expr: { $lte: ['$at', '$$NOW'] } }), { timeout: 20_000 }).toBe(3);
    await stage.publish({ body: 'fourth', key: 'a' }, { body: 'fifth', key: 'a' });
    const consumer = await stage.consumer();
    const held = (await consumer.claim(20)).deliveries;
    expect(bodies(held)).toEqual(['first', 'second', 'third', 'fourth', 'fifth']);
    // What comes back takes its place again.
    await consumer.end('release', held);
    expect(bodies((await consumer.claim(20)).deliveries)).toEqual(['first', 'second', 'third', 'fourth', 'fifth']);
  });

  it('a run is a quarter of the window, in order, and under strict order the window', async () => {
    const stage = await openStage();
    await stage.queue({ order: 'key' });
    await stage.publish(...hot(40));
    const consumer = await stage.consumer();
    const { deliveries } = await consumer.claim(16);
    expect(bodies(deliveries)).toEqual(hot(4).map(({ body }) => body));
    await consumer.end('release', deliveries);
    await stage.queue({ order: 'strict' });
    expect(bodies((await consumer.claim(16)).deliveries)).toEqual(hot(16).map(({ body }) => body));
  });

  it('what waits behind a held key is parked, hides nothing, and comes in its order', async () => {
    const [one, two] = await twoStages();
    await one.queue({ order: 'key' });
    await one.publish(...hot(300), { body: 'other', key: 'other' });
    const [holder, other] = [await one.consumer(), await two.consumer()];
    const run = await holder.take(1);
    expect(bodies((await other.claim(20)).deliveries)).toEqual(['other']);
    expect(await one.pointers.countDocuments({ st: 2 })).toBeGreaterThan(0);
    await holder.ack(...run);
    const seen: unknown[] = [];
    while (seen.length < 299) {
      const { deliveries } = await other.claim(200);
      seen.push(...bodies(deliveries));
      await other.ack(...deliveries);
    }
    expect(seen).toEqual(hot(300).slice(1).map(({ body }) => body));
    expect([await one.pointers.countDocuments({ st: 2 }), await one.holds.countDocuments({ until: { $gt: new Date() } })]).toEqual([0, 1]);
  });

  it('a key waits for its retry behind a hold that ends with the delay', async () => {
    const [one, two] = await twoStages();
    await one.queue({ order: 'key' });
    await one.publish(...hot(3));
    const consumer = await one.consumer();
    await consumer.end('retry', [await consumer.takeOne()], { delayMs: 600 });
    const since = performance.now();
    const waiting = (await two.consumer()).claim(1);
    expect(bodies((await waiting).deliveries)).toEqual(['hot0']);
    expect(performance.now() - since).toBeGreaterThan(400);
  });

  it('holds end with the leases of a consumer that is gone', async () => {
    const [one, two] = await twoStages();
    await one.queue({ order: 'key', visibilityTimeoutMs: 700 });
    await one.publish(...hot(6));
    const run = await (await one.consumer()).claim(12);
    expect(bodies(run.deliveries)).toEqual(['hot0', 'hot1', 'hot2']);
    const next = await two.consumer();
    const again = (await next.claim(12)).deliveries;
    expect(again.map(({ message: { body }, deliveryCount }) => [body, deliveryCount])).toEqual([['hot0', 2], ['hot1', 2], ['hot2', 2]]);
  });

  it('a hold is renewed with the leases under it', async () => {
    const [one, two] = await twoStages();
    await one.queue({ order: 'key', visibilityTimeoutMs: 700 });
    await one.publish(...hot(2));
    const consumer = await one.consumer();
    const held = await consumer.take(1);
    const other = await two.consumer();
    // Beyond the end of the lease that it began with.
    for (const since = performance.now(); performance.now() - since < 1_000;) {
      expect((await consumer.renew(held)).lost).toEqual([]);
      expect((await other.look(5)).deliveries).toEqual([]);
    }
    await consumer.ack(...held);
    expect(bodies((await other.claim(1)).deliveries)).toEqual(['hot1']);
  });

  it('what somebody parked and forgot is found', async () => {
    const stage = await openStage();
    await stage.queue({ order: 'key' });
    await stage.publish(...hot(2));
    await stage.pointers.updateMany({}, { $set: { st: 2 } });
    expect(bodies((await (await stage.consumer()).claim(8)).deliveries)).toEqual(['hot0', 'hot1']);
  });

  it('where no order is kept any more nothing is parked or held', async () => {
    const [one, two] = await twoStages();
    await one.queue({ order: 'key' });
    await one.publish(...hot(30), { body: 'other' });
    const consumer = await one.consumer();
    await consumer.take(1);
    const other = await two.consumer();
    expect(bodies((await other.claim(20)).deliveries)).toEqual(['other']);
    await one.queue({ order: 'none' });
    expect(await one.pointers.countDocuments({ st: 2 })).toBe(0);
    expect(await one.holds.countDocuments()).toBe(0);
    expect(bodies(await other.take(29))).toHaveLength(29);
  });

  it('a key goes on after what lapsed of it in our hands was purged, and behind a scheduled message that came due meanwhile', async () => {
    const stage = await openStage();
    await stage.queue({ order: 'strict', visibilityTimeoutMs: 300 });
    const over = (): Promise<number> => stage.pointers.countDocuments({ tok: { $exists: true }, $expr: { $lte: ['$at', '$$NOW'] } });
    await stage.publish('a');
    const [one, two] = [await stage.consumer(), await stage.consumer()];
    await one.take(1);
    await expect.poll(over).toBe(1);
    await stage.pointers.deleteMany({});
    await stage.publish('b');
    expect(bodies((await two.claim(1)).deliveries)).toEqual(['b']);
    await stage.publish({ body: 'c', delayMs: 50 });
    await expect.poll(over).toBe(1);
    expect(bodies((await two.claim(1)).deliveries)).toEqual(['b']);
  });
});
