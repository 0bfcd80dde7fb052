import { firstValueFrom, ReplaySubject } from 'rxjs';
import { expect, it } from 'vitest';
import { describeMongo } from '../../../support/mongo/shared.js';
import { looker, message, openDesk, orders } from '../topics/support.js';
import { around, is } from '../topics/wrapped.js';

const bodies = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `m${from + index}`);

describeMongo('capacity of a topic in MongoDB', () => {
  it('is what some durable subscription has not settled, counted exactly', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 10 });
    await desk.subscribe('one');
    await desk.subscribe('two');
    await desk.publish(...bodies(10));
    const { settle } = looker(desk.database);
    await settle('one', 10);
    await expect(desk.publish('more')).rejects.toMatchObject({ code: 'TOPIC_FULL', details: { subscription: 'two', unsettled: 10, maxStreamLen: 10 } });
    await settle('two', 3);
    await desk.publish(...bodies(3, 10));
    // Three of the one, seven and three of the other: ten messages in all.
    await expect(desk.publish('more')).rejects.toMatchObject({ code: 'TOPIC_FULL' });
  });

  it('messages of two subscriptions that settled different ones add up', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 4 });
    await desk.subscribe('one');
    await desk.subscribe('two');
    await desk.publish(...bodies(4));
    const { settle, db } = looker(desk.database);
    await settle('one', 2);
    const [, , m2, m3] = await looker(desk.database).log();
    const two = (await looker(desk.database).topic())?.subs[1]?.id ?? '';
    await db.collection('cw_deliv').deleteMany({ s: two, m: { $in: [m2?._id, m3?._id] } });
    await expect(desk.publish('more')).rejects.toMatchObject({ code: 'TOPIC_FULL', details: { unsettled: 2 } });
  });

  it('calls that share a trip are taken or refused one by one, each whole', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 5 });
    await desk.subscribe('one');
    const calls = [desk.publish('a', 'b', 'c'), desk.publish('d', 'e', 'f'), desk.publish('g', 'h'), desk.publish('i')];
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(await looker(desk.database).bodies()).toEqual(['a', 'b', 'c', 'g', 'h']);
  });

  it('is not measured for every message', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 1_000 });
    await desk.subscribe('one');
    await desk.publish('first');
    expect((await looker(desk.database).topic())?.room).toBe(798);
  });

  it('is kept over many calls of two processes that settle in between', async () => {
    const desk = await openDesk();
    const other = await openDesk({ database: desk.database });
    await desk.topic(orders, { maxStreamLen: 20 });
    await desk.subscribe('one');
    const { settle, pointers } = looker(desk.database);
    let stored = 0;
    for (let round = 0; round < 10; round += 1) {
      const results = await Promise.allSettled([...bodies(5).map((body) => desk.publish(body)), ...bodies(5).map((body) => other.publish(body))]);
      stored += results.filter(({ status }) => status === 'fulfilled').length;
      // What two processes have on the way at once may go over.
      expect((await pointers()).length).toBeLessThanOrEqual(25);
      await settle('one', 4);
    }
    expect(stored).toBeGreaterThanOrEqual(20 + 9 * 4);
  });

  it('counts what this process has on its way', async () => {
    const setUp = await openDesk();
    await setUp.topic(orders, { maxStreamLen: 10 });
    await setUp.subscribe('one');
    await setUp.publish(...bodies(8));
    await looker(setUp.database).settle('one', 8);
    const goOn = new ReplaySubject<undefined>(1);
    let places = 0;
    const desk = await openDesk({ database: setUp.database, wrap: around({
      before: async (call) => { if (is('cw_deliv', 'insertMany')(call)) await firstValueFrom(goOn); },
      after: (call) => { if (is('cw_topics', 'findOneAndUpdate')(call)) places += 1; },
    }) });
    const first = desk.publish('a', 'b');
    await expect.poll(() => places).toBe(1);
    const second = desk.publish(...bodies(9));
    await expect.poll(() => places).toBe(2);
    // Time enough to count.
    for (let look = 0; look < 20; look += 1) await looker(setUp.database).pointers();
    goOn.next(undefined);
    await first;
    await expect(second).rejects.toMatchObject({ code: 'TOPIC_FULL' });
  });

  it('a duplicate needs no room, what is scheduled needs none yet', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 1 });
    await desk.subscribe('one');
    const [first] = await desk.publish(message('a', { idempotencyKey: 'i' }));
    const later = message('later', { delayMs: 60_000 });
    const receipts = await desk.publish(message('a', { idempotencyKey: 'i' }), later);
    expect(receipts).toMatchObject([{ id: first?.id, duplicate: true }, { duplicate: false }]);
    await desk.publish(later);
    await expect(desk.publish(message('b', { idempotencyKey: 'j' }), message('a', { idempotencyKey: 'i' }))).rejects.toMatchObject({ code: 'TOPIC_FULL' });
    await looker(desk.database).settle('one', 1);
    await desk.publish(message('b', { idempotencyKey: 'j' }));
  });

  it('what was just published is no scheduled message, however far the clock that is known is behind', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 4, onFull: 'dropOldest' });
    await desk.subscribe('one');
    desk.context.store.clock.observe(Date.now() - 60_000);
    await desk.publish(...bodies(10));
    expect(await looker(desk.database).waiting('one')).toEqual(['m6', 'm7', 'm8', 'm9']);
  });

  it('with dropOldest the oldest that wait go, and what is leased or scheduled stays', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 4, onFull: 'dropOldest' });
    await desk.subscribe('one');
    await desk.subscribe('two');
    const { db, waiting, settle, log } = looker(desk.database);
    await desk.publish(message('later', { delayMs: 60_000 }), ...bodies(4));
    const [, m0, m1] = await log();
    const one = (await looker(desk.database).topic())?.subs[0]?.id;
    await db.collection('cw_deliv').updateOne({ s: one, m: m0?._id }, { $set: { tok: 't', at: new Date(Date.now() + 60_000), n: 1 } });
    await db.collection('cw_deliv').updateOne({ s: one, m: m1?._id }, { $set: { at: new Date(Date.now() + 60_000), n: 3 } });
    await settle('two', 4);
    await desk.publish('m4', 'm5');
    expect(desk.events.filter(({ type }) => type === 'dropped')).toMatchObject([{ id: m1?._id, deliveryCount: 3, reason: 'Overflow' }, { deliveryCount: 0 }]);
    expect([...await waiting('one')].sort()).toEqual(['later', 'm0', 'm3', 'm4', 'm5']);
    expect(await waiting('two')).toEqual(['m4', 'm5', 'later']);
    await desk.publish(...bodies(9, 10));
    expect([...await waiting('one')].sort()).toEqual(['later', 'm0', 'm16', 'm17', 'm18']);
  });

  it('without a durable subscription the newest stay, a tenth more at most', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 100 });
    await desk.subscribe('passing', {}, { ephemeral: true });
    for (let at = 0; at < 300; at += 10) await desk.publish(...bodies(10, at));
    const kept = await looker(desk.database).bodies();
    expect(kept.length).toBeGreaterThanOrEqual(100);
    expect(kept.length).toBeLessThanOrEqual(110);
    expect(kept).toEqual(bodies(kept.length, 300 - kept.length));
    const missed = desk.events.flatMap((event) => (event.type === 'gap' ? [event.missed] : [])).reduce((sum, one) => sum + one, 0);
    expect(missed).toBe(300 - kept.length);
    expect(await looker(desk.database).pointers()).toHaveLength(kept.length);
  });

  it('tells once that a topic fills up, and again after it was calm', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 10 });
    await desk.subscribe('one');
    const { settle } = looker(desk.database);
    for (const body of bodies(10)) await desk.publish(body);
    expect(desk.events).toMatchObject([{ type: 'topic-filling', subscription: 'one', unsettled: 8, maxStreamLen: 10 }]);
    await settle('one', 8);
    for (const body of bodies(8)) await desk.publish(body);
    expect(desk.events).toHaveLength(2);
  });

  it('a lower bound counts from the next message on', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('one');
    await desk.publish(...bodies(5));
    await desk.topic(orders, { maxStreamLen: 3 });
    await expect(desk.publish('more')).rejects.toMatchObject({ code: 'TOPIC_FULL' });
  });
});
