import { expect, it } from 'vitest';
import { describeMongo } from '../../../support/mongo/shared.js';
import { as, openOffice } from '../inspection/support.js';
import { message, orders } from '../topics/support.js';

describeMongo('what makes way in a full topic in MongoDB', () => {
  it('goes by its place: what was scheduled by when it fell due, whatever its number', async () => {
    const office = await openOffice();
    await office.topic(orders, { maxStreamLen: 3, onFull: 'dropOldest' });
    await office.subscribe('billing');
    const [later, first] = await office.publish(message('later', { delayMs: 200 }), 'first', 'second');
    await expect.poll(() => office.pointers.countDocuments({ $expr: { $lte: ['$at', '$$NOW'] } }), { timeout: 20_000 }).toBe(3);
    await office.publish('third');
    expect(office.events.filter(({ type }) => type === 'dropped')).toMatchObject([{ id: first?.id }]);
    expect(await office.pointers.countDocuments({ m: later?.id ?? '' })).toBe(1);
  });

  it('what makes way together is told in the order of its places', async () => {
    const office = await openOffice();
    await office.topic(orders, { maxStreamLen: 2, onFull: 'dropOldest' });
    await office.subscribe('billing');
    const [later, first] = await office.publish(message('later', { delayMs: 200 }), 'first');
    await expect.poll(() => office.pointers.countDocuments({ $expr: { $lte: ['$at', '$$NOW'] } }), { timeout: 20_000 }).toBe(2);
    await office.publish('second', 'third');
    expect(office.events.filter(({ type }) => type === 'dropped')).toMatchObject([{ id: first?.id }, { id: later?.id }]);
  });

  it('a lease that lapsed is told of before its message makes way', async () => {
    const office = await openOffice();
    await office.topic(orders, { maxStreamLen: 1, onFull: 'dropOldest' });
    await office.subscribe('billing');
    const [first] = await office.publish('first');
    await office.put([first?.id ?? ''], as.lapsed);
    await office.publish('second');
    const told = office.events.filter(({ type }) => type === 'lease-lapsed' || type === 'dropped');
    expect(told).toMatchObject([{ type: 'lease-lapsed', id: first?.id, deliveryCount: 1 }, { type: 'dropped', id: first?.id, deliveryCount: 1 }]);
  });

  it.each(['key', 'strict'] as const)('order %s: where it waited for its retry its key goes free', async (order) => {
    const office = await openOffice();
    await office.topic(orders, { maxStreamLen: 4, onFull: 'dropOldest' });
    await office.subscribe('billing', { order });
    await office.publish(...['first', 'second', 'third'].map((body) => message(body, { key: 'k' })));
    const one = await office.consumer();
    const held = await one.take(1);
    await one.end('retry', held, { delayMs: 600_000 });
    const waiting = one.take(8);
    await office.publish(...['fourth', 'fifth'].map((body) => message(body, { key: 'k' })));
    expect((await waiting)[0]?.message.body).toBe('second');
  });
});
