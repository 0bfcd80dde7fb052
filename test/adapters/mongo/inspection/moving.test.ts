import { expect, it } from 'vitest';
import { describeMongo } from '../../../support/mongo/shared.js';
import { ask, message, orders } from '../topics/support.js';
import { as, billing, hour, openOffice, type Office } from './support.js';

async function bodiesFor(office: Office, name = 'billing'): Promise<unknown[]> {
  return (await ask(office.inspector.peek({ ...orders, subscription: name }, 10_000))).map(({ message: { body } }) => body);
}

async function open(): Promise<Office> {
  const office = await openOffice();
  await office.topic();
  await office.subscribe('billing');
  return office;
}

describeMongo('purge in MongoDB', () => {
  it('removes what waits, lapsed, is parked or delayed, for every subscription, and leaves what is leased, dead or scheduled', async () => {
    const office = await open();
    await office.subscribe('audit');
    const ids = await office.fill(8);
    await office.publish(message('later', { delayMs: hour }));
    await office.put(ids.slice(0, 1), as.lapsed);
    await office.put(ids.slice(1, 2), as.delayed);
    await office.put(ids.slice(2, 3), as.dead('Rejected'));
    await office.put(ids.slice(3, 5), as.leased);
    await office.put(ids.slice(5, 6), as.parked);
    expect(await ask(office.inspector.purge(orders))).toBe(5 + 8);
    expect(await office.counts()).toMatchObject({ waiting: 0, delayed: 0, leased: 2, dead: 1 });
    expect(await office.counts('audit')).toMatchObject({ waiting: 0 });
    expect(await bodiesFor(office)).toEqual(['m3', 'm4']);
    expect((await ask(office.inspector.stats(orders))).scheduled).toBe(1);
    expect(await ask(office.inspector.purge(orders))).toBe(0);
  });

  it('takes what nobody holds out of the topic, so that it does not come back to whoever begins at the earliest', async () => {
    const office = await open();
    const ids = await office.fill(3);
    await office.put(ids.slice(1, 2), as.leased);
    expect(await ask(office.inspector.purge(orders))).toBe(2);
    await office.subscribe('late');
    expect(await bodiesFor(office, 'late')).toEqual(['m1']);
    expect((await ask(office.inspector.stats(orders))).length).toBe(1);
  });

  it('remembers idempotency keys of what it removed', async () => {
    const office = await open();
    const [first] = await office.publish(message('a', { idempotencyKey: 'i' }), message('b'));
    expect(await ask(office.inspector.purge(orders))).toBe(2);
    const [again] = await office.publish(message('a', { idempotencyKey: 'i' }));
    expect(again).toMatchObject({ duplicate: true, id: first?.id });
    await office.subscribe('late');
    expect([await bodiesFor(office), await bodiesFor(office, 'late')]).toEqual([[], []]);
    expect(await ask(office.inspector.read({ topic: orders, from: 0, to: Date.now() + hour, max: 10 }))).toEqual([]);
    expect((await ask(office.inspector.stats(orders))).length).toBe(0);
    expect(await ask(office.inspector.redeliver(billing, [first?.id ?? '']))).toBe(0);
  });

  it('counts and removes many pages', async () => {
    const office = await open();
    const ids = await office.fill(4_300);
    await office.put(ids.slice(0, 1_200), as.lapsed);
    await office.put(ids.slice(1_200, 2_400), as.delayed);
    await office.put(ids.slice(2_400, 3_000), as.leased);
    expect(await ask(office.inspector.purge(orders))).toBe(3_700);
    expect(await office.counts()).toMatchObject({ waiting: 0, delayed: 0, leased: 600 });
    expect((await ask(office.inspector.stats(orders))).length).toBe(600);
  });

  it('empties a topic that has no subscription, but for what is scheduled', async () => {
    const office = await openOffice();
    await office.publish('a', 'b', message('later', { delayMs: hour }));
    expect(await ask(office.inspector.purge(orders))).toBe(0);
    expect(await ask(office.inspector.stats(orders))).toMatchObject({ length: 0, scheduled: 1 });
  });

  it('frees the keys of a subscription that keeps an order', async () => {
    const office = await openOffice();
    await office.topic();
    await office.subscribe('billing', { order: 'key' });
    await office.publish(...['a', 'b'].map((body) => message(body, { key: 'x' })), ...['c', 'd'].map((body) => message(body, { key: 'y' })), message('e', { key: 'z' }));
    const [first, second] = [await office.consumer(), await office.consumer()];
    const [a] = await first.take(1);
    expect(a?.message.body).toBe('a');
    await first.end('retry', a === undefined ? [] : [a], { delayMs: hour });
    const held = await second.take(1);
    expect(held.map(({ message: { body } }) => body)).toEqual(['c']);
    expect(await ask(office.inspector.purge(orders))).toBe(4);
    expect(await office.counts()).toMatchObject({ waiting: 0, delayed: 0, leased: 1 });
    await office.publish(message('f', { key: 'x' }), message('g', { key: 'y' }));
    expect((await (await office.consumer()).take(5)).map(({ message: { body } }) => body)).toEqual(['f']);
    await second.end('ack', held);
    expect((await (await office.consumer()).take(5)).map(({ message: { body } }) => body)).toEqual(['g']);
  });
});

describeMongo('dead letters in MongoDB', () => {
  const dead = async (office: Office): Promise<unknown[]> => (await ask(office.inspector.peekDeadLetters(billing, 10_000))).map(({ message: { id } }) => id);

  it('are moved in pages, the oldest death first, whatever the order of messages', async () => {
    const office = await open();
    const ids = await office.fill(2_300);
    await office.put(ids.slice(1_000), as.dead('early', { $subtract: ['$$NOW', hour] }));
    await office.put(ids.slice(0, 1_000), as.dead('late'));
    expect(await dead(office)).toEqual([...ids.slice(1_000), ...ids.slice(0, 1_000)]);
    expect(await ask(office.inspector.redrive({ subscription: billing, max: 1_250 }))).toBe(1_250);
    expect(await ask(office.inspector.redrive({ subscription: billing, reason: 'late' }))).toBe(1_000);
    expect(await dead(office)).toEqual(ids.slice(2_250));
    expect(await ask(office.inspector.purgeDeadLetters(billing))).toBe(50);
    expect(await office.counts()).toMatchObject({ waiting: 2_250, dead: 0 });
  });

  it('that are redriven by ids are those that are dead, each once', async () => {
    const office = await open();
    const ids = await office.fill(4);
    await office.put(ids.slice(0, 2), as.dead('Rejected'));
    const all = [...ids, ...ids, 'no-such-id'];
    expect(await ask(office.inspector.redrive({ subscription: billing, ids: all, max: 1 }))).toBe(1);
    expect(await dead(office)).toEqual(ids.slice(1, 2));
    expect(await ask(office.inspector.redrive({ subscription: billing, ids: all }))).toBe(1);
    expect(await ask(office.inspector.redrive({ subscription: billing, ids: [] }))).toBe(0);
  });
});

describeMongo('redeliver in MongoDB', () => {
  it('makes pointers to what is settled, revives what is dead, and leaves what is unsettled as it is', async () => {
    const office = await open();
    const ids = await office.fill(4);
    const [settled = '', leased = '', buried = '', waiting = ''] = ids;
    await office.put([leased], as.leased);
    await office.put([buried], as.dead('Rejected'));
    await office.pointers.deleteOne({ m: settled });
    expect(await ask(office.inspector.redeliver(billing, [...ids, settled, 'no-such-id']))).toBe(4);
    expect(await office.counts()).toMatchObject({ waiting: 3, leased: 1, dead: 0 });
    const again = await (await office.consumer()).take();
    expect(again.map(({ message: { id }, deliveryCount }) => [id, deliveryCount]).sort()).toEqual([settled, buried, waiting].map((id) => [id, 1]).sort());
  });

  it('counts what is dead and has left the log, and not what is gone or not due', async () => {
    const office = await open();
    const [first = '', second = ''] = await office.fill(2);
    const [later] = await office.publish(message('later', { delayMs: hour }));
    await office.put([first], as.dead('Rejected'));
    await office.log.deleteMany({ _id: { $in: [first, second] } });
    await office.pointers.deleteOne({ m: second });
    expect(await ask(office.inspector.redeliver(billing, [first, second, later?.id ?? '']))).toBe(1);
  });
});
