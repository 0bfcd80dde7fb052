import { expect, it } from 'vitest';
import { describeMongo } from '../../../support/mongo/shared.js';
import { ask, limits, looker, message, openDesk, orders } from './support.js';

describeMongo('topics in MongoDB', () => {
  it('a topic is one document, with its subscriptions', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 7 });
    await desk.subscribe('billing', { maxDeliveries: 2 });
    const topic = await looker(desk.database).topic();
    expect(topic).toMatchObject({ _id: 'cw:acme:shop:topic:orders', f: 1, tn: 'acme', ns: 'shop', name: 'orders', limits: { ml: 7, of: 'reject', rt: limits.retentionMs, iw: limits.idempotencyWindowMs, sc: 1 }, nm: false, seq: 0 });
    expect(topic?.subs).toMatchObject([{ name: 'billing', p: { vt: 30_000, md: 2, rb: [1_000], dl: true, or: 'none', ex: 'dead-letter' }, v: 1, eph: false, born: 0 }]);
    expect(topic?.subs[0]).not.toHaveProperty('fill');
  });

  it('of many that make a topic at once one does', async () => {
    const [one, two] = [await openDesk(), await openDesk()];
    const other = await openDesk({ database: one.database });
    const made = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other).topic(orders, { maxStreamLen: 7 })));
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    expect(await looker(two.database).topic()).toBeNull();
  });

  it('the first to name a number of shards fixes it, and there is one log all the same', async () => {
    const desk = await openDesk();
    await desk.topic();
    expect((await desk.topic(orders, { shardCount: 4 })).limits.shardCount).toBe(4);
    await expect(desk.topic(orders, { shardCount: 2 })).rejects.toMatchObject({ code: 'SHARD_COUNT_CONFLICT' });
    await expect(desk.subscribe('one', { order: 'strict' })).rejects.toMatchObject({ code: 'ORDER_CONFLICT' });
    await desk.publish(message('a', { key: '1' }), message('b', { key: '2' }));
    expect(await looker(desk.database).bodies()).toEqual(['a', 'b']);
  });

  it('lists the topics of a scope and no others, however alike the names', async () => {
    const desk = await openDesk();
    for (const [namespace, topic] of [['shop', 'a'], ['shop', '{b}*'], ['shop:topic', 'c'], ['shop2', 'd'], ['sho', 'p:e']] as const) await desk.topic({ tenantId: 'acme', namespace, topic });
    const names = async (namespace: string): Promise<string[]> => (await ask(desk.directory.listTopics({ tenantId: 'acme', namespace }))).map(({ ref }) => ref.topic).sort();
    expect([await names('shop'), await names('shop:topic'), await names('sho'), await names('nowhere')]).toEqual([['a', '{b}*'], ['c'], ['p:e'], []]);
  });

  it('a topic that is deleted and made again has nothing of the one before, and other ids', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('one');
    const [before] = await desk.publish('a', message('b', { idempotencyKey: 'i' }));
    expect(await ask(desk.directory.deleteTopic(orders))).toBe(true);
    expect(await ask(desk.directory.deleteTopic(orders))).toBe(false);
    const { log, pointers, waiting } = looker(desk.database);
    expect([await log(), await pointers()]).toEqual([[], []]);
    const [after] = await desk.publish(message('b', { idempotencyKey: 'i' }));
    expect(after?.duplicate).toBe(false);
    expect(after?.id.split('-')[0]).not.toBe(before?.id.split('-')[0]);
    await desk.subscribe('one');
    expect(await waiting('one')).toEqual(['b']);
  });

  it('a topic of a newer format is left as it is', async () => {
    const desk = await openDesk();
    await desk.topic();
    const { db, topic } = looker(desk.database);
    await db.collection('cw_topics').updateOne({ name: 'orders' }, { $set: { f: 2 } });
    const before = await topic();
    const calls = [() => desk.publish('a'), () => desk.topic(orders, { maxStreamLen: 1 }), () => desk.subscribe('one'), () => ask(desk.directory.deleteTopic(orders)), () => ask(desk.directory.listTopics(orders))];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
    expect(await topic()).toEqual(before);
  });

  it.each([{}, { f: 1 }, { f: 1, id: 'x', seq: 0, limits: { ml: 1 }, subs: [] }, { f: 1, id: 'x', seq: 0, limits: { ml: 1, of: 'reject', rt: 1, iw: 1, sc: 1 }, subs: [{ name: 'one' }] }])('a foreign document in its place is not touched (%#)', async (foreign) => {
    const desk = await openDesk();
    const { db } = looker(desk.database);
    const topics = db.collection<{ _id: string }>('cw_topics');
    await topics.insertOne({ _id: 'cw:acme:shop:topic:orders', ...foreign });
    for (const call of [() => desk.topic(orders), () => desk.subscribe('two'), () => desk.publish('a', message('b', { idempotencyKey: 'i' }))]) await expect(call()).rejects.toMatchObject({ code: 'FOREIGN_VALUE' });
    expect(await topics.findOne({})).toEqual({ _id: 'cw:acme:shop:topic:orders', ...foreign });
  });

  it('text that looks like an expression is a name like any other', async () => {
    const desk = await openDesk();
    await desk.topic();
    for (const name of ['$x', '$$NOW', '__proto__']) await desk.subscribe(name);
    await desk.publish('a');
    expect((await looker(desk.database).topic())?.subs.map(({ name }) => name)).toEqual(['$x', '$$NOW', '__proto__']);
    expect(await looker(desk.database).waiting('$$NOW')).toEqual(['a']);
  });
});
