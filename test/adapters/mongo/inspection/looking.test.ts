import { expect, it } from 'vitest';
import { topicStats } from '../../../../src/adapters/mongo/inspection/stats.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { ask, message, orders } from '../topics/support.js';
import { as, billing, hour, openOffice, type Office } from './support.js';

async function withMessages(count: number): Promise<{ readonly office: Office; readonly ids: string[] }> {
  const office = await openOffice();
  await office.topic();
  await office.subscribe('billing');
  return { office, ids: await office.fill(count) };
}

describeMongo('counts of a subscription in MongoDB', () => {
  it('tell what waits, lapsed and parked included, is delayed, leased and dead', async () => {
    const { office, ids } = await withMessages(20);
    await office.put(ids.slice(0, 2), as.leased);
    await office.put(ids.slice(2, 5), as.delayed);
    await office.put(ids.slice(5, 6), as.lapsed);
    await office.put(ids.slice(6, 8), as.parked);
    await office.put(ids.slice(8, 12), as.dead('Rejected'));
    expect(await office.counts()).toMatchObject({ waiting: 11, delayed: 3, leased: 2, dead: 4 });
  });

  it('leave out what is scheduled or only on its way', async () => {
    const { office, ids } = await withMessages(2);
    await office.publish(message('later', { delayMs: hour }));
    await office.put(ids.slice(0, 1), { lack: '$$NOW', at: { $add: ['$$NOW', 5_000] } });
    const stats = await ask(office.inspector.stats(orders));
    expect(stats).toMatchObject({ length: 2, scheduled: 1, subscriptions: [{ waiting: 1, delayed: 0, leased: 0 }] });
    expect((await ask(office.inspector.peek(billing, 10))).map(({ message: { body } }) => body)).toEqual(['m1']);
  });

  it('are unknown where there is more than is looked at', async () => {
    const { office, ids } = await withMessages(12);
    await office.put(ids.slice(0, 6), as.leased);
    const bounded = await topicStats(office.context, await office.overview(), { counted: 5, read: 5 });
    expect(bounded).toMatchObject({ length: null, scheduled: 0, subscriptions: [{ waiting: null, delayed: null, leased: null, dead: 0 }] });
    const enough = await topicStats(office.context, await office.overview(), { counted: 12, read: 6 });
    expect(enough).toMatchObject({ length: 12, subscriptions: [{ waiting: 6, delayed: 0, leased: 6 }] });
  });

  it('tell the age of the oldest, wherever it is', async () => {
    const { office, ids } = await withMessages(3);
    const [first = '', second = ''] = ids;
    const ts = { $subtract: ['$$NOW', hour] };
    await office.log.updateOne({ _id: second }, [{ $set: { ts } }]);
    await office.put([second], { ts });
    const isOld = async (): Promise<boolean> => ((await office.counts()).oldestAgeMs ?? 0) >= hour;
    await office.put([first], as.dead('Rejected'));
    expect(await isOld()).toBe(true);
    await office.put([second], as.delayed);
    expect(await isOld()).toBe(true);
    await office.pointers.deleteMany({});
    expect((await office.counts()).oldestAgeMs).toBeNull();
  });
});

describeMongo('peek in MongoDB', () => {
  it('shows what is lapsed, delayed, leased, parked and new in the order of the topic', async () => {
    const { office, ids } = await withMessages(6);
    await office.put(ids.slice(4, 5), as.leased);
    await office.put(ids.slice(2, 3), as.delayed);
    await office.put(ids.slice(1, 2), as.dead('Rejected'));
    await office.put(ids.slice(0, 1), as.lapsed);
    await office.put(ids.slice(3, 4), as.parked);
    const seen = async (limit: number): Promise<unknown[]> => (await ask(office.inspector.peek(billing, limit))).map(({ message: { body }, state, deliveryCount }) => [body, state, deliveryCount]);
    const all = [['m0', 'waiting', 1], ['m2', 'delayed', 1], ['m3', 'waiting', 0], ['m4', 'leased', 1], ['m5', 'waiting', 0]];
    expect(await seen(10)).toEqual(all);
    expect(await seen(3)).toEqual(all.slice(0, 3));
    expect(await seen(0)).toEqual([]);
  });

  it('shows scheduled messages at the place that they got when they fell due', async () => {
    const { office } = await withMessages(0);
    await office.publish(message('second', { delayMs: 90 }), message('first', { delayMs: 30 }), message('later', { delayMs: hour }));
    const seen = async (): Promise<unknown[]> => (await ask(office.inspector.peek(billing, 10))).map(({ message: { body } }) => body);
    await expect.poll(seen).toEqual(['first', 'second']);
    await office.publish('third');
    expect(await seen()).toEqual(['first', 'second', 'third']);
    expect((await ask(office.inspector.peek(billing, 1))).map(({ message: { body } }) => body)).toEqual(['first']);
  });

  it('shows more than a page, in order', async () => {
    const { office, ids } = await withMessages(1_700);
    await office.put(ids.slice(0, 20), as.dead('Rejected'));
    expect((await ask(office.inspector.peek(billing, 10_000))).map(({ message: { id } }) => id)).toEqual(ids.slice(20));
  });
});

describeMongo('read in MongoDB', () => {
  it('goes through messages of one moment page by page, without a gap or a double', async () => {
    const { office, ids } = await withMessages(1_300);
    const range = { topic: orders, from: 0, to: Number.MAX_SAFE_INTEGER };
    expect((await ask(office.inspector.read({ ...range, max: 5_000 }))).map(({ id }) => id)).toEqual(ids);
    const found: string[] = [];
    for (let page = await ask(office.inspector.read({ ...range, max: 7 })); page.length > 0; page = await ask(office.inspector.read({ ...range, max: 260, after: found.at(-1) }))) found.push(...page.map(({ id }) => id));
    expect(found).toEqual(ids);
  });

  it('goes on behind a message that is gone', async () => {
    const { office, ids } = await withMessages(5);
    await office.log.deleteMany({ _id: { $in: ids.slice(1, 3) } });
    const after = async (id: string | undefined): Promise<unknown[]> => (await ask(office.inspector.read({ topic: orders, from: 0, to: Date.now() + hour, max: 10, after: id }))).map(({ body }) => body);
    expect(await after(ids[1])).toEqual(['m3', 'm4']);
    expect(await after(ids[2])).toEqual(['m3', 'm4']);
    expect(await after(ids[4])).toEqual([]);
    expect(await after('no-such-id')).toEqual(['m0', 'm3', 'm4']);
  });

  it('shows a scheduled message once it is due, at its time', async () => {
    const { office } = await withMessages(1);
    await office.publish(message('due', { delayMs: 60 }), message('later', { delayMs: hour }));
    await office.publish('next');
    const bodies = async (): Promise<unknown[]> => (await ask(office.inspector.read({ topic: orders, from: 0, to: Date.now() + 2 * hour, max: 10 }))).map(({ body }) => body);
    await expect.poll(bodies).toEqual(['m0', 'next', 'due']);
  });
});
