import { expect, it } from 'vitest';
import { describeMongo } from '../../../support/mongo/shared.js';
import { looker, message, openDesk, orders } from '../topics/support.js';

describeMongo('idempotency keys in MongoDB', () => {
  it('of fifty publishes at once over two processes one is stored, and one pointer is left', async () => {
    const desk = await openDesk();
    const other = await openDesk({ database: desk.database });
    await desk.topic();
    await desk.subscribe('one');
    const receipts = (await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? desk : other).publish(message(`m${index}`, { idempotencyKey: 'i' }))))).flat();
    expect(receipts.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(1);
    const { log, pointers } = looker(desk.database);
    expect([(await log()).length, (await pointers()).length]).toEqual([1, 1]);
  });

  it('many keys at once, each from two processes, are each stored once, and nothing else is', async () => {
    const desk = await openDesk();
    const other = await openDesk({ database: desk.database });
    await desk.topic();
    await desk.subscribe('one');
    const all = Array.from({ length: 60 }, (_, index) => message(`m${index}`, { idempotencyKey: `i${index}` }));
    await Promise.all([desk, other].flatMap((one) => [0, 20, 40].map((at) => one.publish(...all.slice(at, at + 20), message('free', {}), message('twin', { idempotencyKey: `t${at}` }), message('twin', { idempotencyKey: `t${at}` })))));
    const { log, pointers } = looker(desk.database);
    const stored = await log();
    expect(stored.filter(({ ik }) => ik !== undefined)).toHaveLength(63);
    expect(stored).toHaveLength(69);
    expect((await pointers()).map(({ m }) => m).sort()).toEqual(stored.map(({ _id }) => _id).sort());
  });

  it('a key is free again when its window is over, also one that is found out only by the insert', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { idempotencyWindowMs: 60_000 });
    const [first] = await desk.publish(message('a', { idempotencyKey: 'i' }));
    const { db, log } = looker(desk.database);
    await db.collection('cw_log').updateMany({}, [{ $set: { ts: { $subtract: ['$ts', 59_000] } } }]);
    expect(await desk.publish(message('a', { idempotencyKey: 'i' }))).toMatchObject([{ id: first?.id, duplicate: true }]);
    await db.collection('cw_log').updateMany({}, [{ $set: { ts: { $subtract: ['$ts', 1_001] } } }]);
    expect(await desk.publish(message('a', { idempotencyKey: 'i' }))).toMatchObject([{ duplicate: false }]);
    expect((await log()).map(({ ik }) => ik)).toEqual([undefined, '-i']);
  });

  it('the window of a scheduled message begins when it is published', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { idempotencyWindowMs: 60_000 });
    const once = message('a', { idempotencyKey: 'i', delayMs: 600_000 });
    const [first] = await desk.publish(once);
    expect(await desk.publish(once)).toEqual([{ id: first?.id, dueAt: first?.dueAt, duplicate: true }]);
    await looker(desk.database).db.collection('cw_log').updateMany({}, [{ $set: { p: { $subtract: ['$p', 60_001] } } }]);
    expect(await desk.publish(once)).toMatchObject([{ duplicate: false }]);
  });

  it('a message that was taken back leaves its key free', async () => {
    const desk = await openDesk();
    await desk.topic();
    const once = message('a', { idempotencyKey: 'i', delayMs: 600_000 });
    const [first] = await desk.publish(once);
    await looker(desk.database).db.collection<{ _id: string }>('cw_log').deleteOne({ _id: first?.id ?? '' });
    expect(await desk.publish(once)).toMatchObject([{ duplicate: false }]);
  });
});
