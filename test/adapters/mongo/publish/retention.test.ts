import { expect, it } from 'vitest';
import { describeMongo } from '../../../support/mongo/shared.js';
import { looker, message, openDesk, orders, type Desk } from '../topics/support.js';

const bodies = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);

/** As if everything had been published long ago. */
async function age(desk: Desk, ms = 3_600_000): Promise<void> {
  const { db } = looker(desk.database);
  await db.collection('cw_log').updateMany({}, [{ $set: { ts: { $subtract: ['$ts', ms] } } }]);
}

describeMongo('retention in MongoDB', () => {
  it('removes what is settled everywhere and old, and nothing that is not', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { retentionMs: 60_000 });
    await desk.subscribe('one');
    await desk.subscribe('two');
    await desk.publish(...bodies(6));
    await age(desk);
    await desk.publish('young');
    const { settle, waiting, db } = looker(desk.database);
    const { bodies: left } = looker(desk.database);
    await settle('one', 4);
    await settle('two', 2);
    // Dead letters have their message with them.
    const two = (await looker(desk.database).topic())?.subs[1]?.id;
    await db.collection('cw_deliv').updateOne({ s: two, q: 3 }, { $set: { st: 1 } });
    await desk.retention.trim(orders);
    expect(await left()).toEqual(['m3', 'm4', 'm5', 'young']);
    expect([await waiting('one'), await waiting('two')]).toEqual([['m4', 'm5', 'young'], ['m3', 'm4', 'm5', 'young']]);
  });

  it('what is unsettled is never removed, however old, and has no time at which the server would', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { retentionMs: 1 });
    await desk.subscribe('one');
    await desk.publish(...bodies(3));
    await age(desk);
    await desk.retention.trim(orders);
    await desk.retention.trim(orders);
    const { log, pointers } = looker(desk.database);
    for (const document of [...await log(), ...await pointers()]) expect(document).not.toHaveProperty('exp');
    expect([await log(), await pointers()].map((list) => list.length)).toEqual([3, 3]);
  });

  it('gets through a batch of one moment that is larger than one look, behind another that nobody settles', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { retentionMs: 60_000 });
    await desk.subscribe('one');
    await desk.publish(...bodies(1_700));
    await desk.publish(...bodies(700));
    await age(desk);
    const { settle, db, log } = looker(desk.database);
    await settle('one', 2_400);
    const first = await log();
    const sub = (await looker(desk.database).topic())?.subs[0]?.id ?? '';
    await db.collection('cw_deliv').insertMany(first.slice(0, 1_650).map(({ _id, q, t, ts }) => ({ _id: `${sub}:${_id.split('-')[1]}`, s: sub, t, m: _id, q, st: 0, at: ts, n: 0 })) as never);
    await desk.retention.trim(orders);
    expect(await log()).toHaveLength(1_650);
  });

  it('settled messages beyond the bound go, the oldest first, also behind unsettled ones', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 10 });
    await desk.subscribe('one');
    const { bodies: left, db } = looker(desk.database);
    await desk.publish(...bodies(10));
    const sub = (await looker(desk.database).topic())?.subs[0]?.id;
    await db.collection('cw_deliv').deleteMany({ s: sub, q: { $gt: 2 } });
    await desk.publish(...bodies(8).map((body) => `late ${body}`));
    await desk.retention.trim(orders);
    expect(await left()).toEqual(['m0', 'm1', ...bodies(8).map((body) => `late ${body}`)]);
  });

  it('an idempotency key is remembered for its window, whatever becomes of its message', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 2, retentionMs: 1 });
    const [first] = await desk.publish(message('once', { idempotencyKey: 'i' }));
    await desk.publish('a');
    await desk.publish('b');
    await desk.publish('c');
    await desk.retention.trim(orders);
    expect(await desk.publish(message('once', { idempotencyKey: 'i' }))).toMatchObject([{ id: first?.id, duplicate: true }]);
    await age(desk);
    await desk.retention.trim(orders);
    expect(await looker(desk.database).bodies()).not.toContain('once');
  });

  it('an ephemeral subscription is told what it missed, and keeps what it has in hand', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { retentionMs: 60_000 });
    await desk.subscribe('passing', {}, { ephemeral: true });
    await desk.publish(...bodies(3));
    await age(desk);
    const { db, pointers } = looker(desk.database);
    await db.collection('cw_deliv').updateOne({ q: 1 }, { $set: { tok: 't', at: new Date(Date.now() + 60_000) } });
    await desk.retention.trim(orders);
    expect(desk.events).toMatchObject([{ type: 'gap', missed: 2, subscription: { subscription: 'passing' } }]);
    expect(await pointers()).toMatchObject([{ q: 1, tok: 't' }]);
  });

  it('what is scheduled for later stays', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { retentionMs: 1, maxStreamLen: 2 });
    await desk.publish(message('later', { delayMs: 60_000 }));
    for (const body of bodies(5)) await desk.publish(body);
    await desk.retention.trim(orders);
    expect(await looker(desk.database).bodies()).toContain('later');
  });
});
