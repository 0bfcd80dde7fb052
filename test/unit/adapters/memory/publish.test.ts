import { describe, expect, it } from 'vitest';
import { Table, ask } from './table.js';

describe('publishing to the memory broker', () => {
  it('lets scheduled messages come by due time, then in the order published, as of their due time', () => {
    const table = new Table();
    const link = table.link(table.subscribe('s', { visibilityTimeoutMs: 60_000 }));
    const now = table.runtime.now();
    const receipts = table.publish({ body: 'late', delayMs: 300 }, { body: 'early', deliverAt: now + 100 }, { body: 'early too', delayMs: 100 }, { body: 'past', deliverAt: now - 5 });
    expect(receipts.map(({ dueAt }) => dueAt)).toEqual([now + 300, now + 100, now + 100, undefined]);
    expect(table.bodies(link)).toEqual(['past']);
    table.runtime.advance(1_000);
    expect(table.take(link).map(({ message: { body, publishedAt, id } }) => [body, publishedAt - now, receipts.findIndex((receipt) => receipt.id === id)])).toEqual([
      ['early', 100, 1],
      ['early too', 100, 2],
      ['late', 300, 0],
    ]);
  });

  it('takes back what is scheduled, until it is due', () => {
    const table = new Table();
    table.subscribe();
    const [first, second] = table.publish({ body: 'a', delayMs: 100 }, { body: 'b', delayMs: 100 });
    const cancel = (id = ''): boolean => ask(table.broker.publisher.cancelScheduled(table.topic, id));
    expect([cancel(first?.id), cancel(first?.id), cancel('nothing')]).toEqual([true, false, false]);
    table.runtime.advance(100);
    expect(cancel(second?.id)).toBe(false);
    expect(table.stats()).toMatchObject({ waiting: 1 });
  });

  it('stores an idempotency key once within its window, in one batch, scheduled or not, by message key', () => {
    const table = new Table({ idempotencyWindowMs: 1_000 });
    const once = { body: 'a', idempotencyKey: 'i' };
    const receipts = table.publish(once, once, { ...once, key: 'k' }, { ...once, key: 'k', delayMs: 5 }, { body: 'b', idempotencyKey: 'j', delayMs: 50 }, { body: 'b', idempotencyKey: 'j' });
    expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, true, false, true, false, true]);
    expect(receipts[5]).toEqual({ ...receipts[4], duplicate: true });
    table.runtime.advance(999);
    expect(table.publish(once)[0]?.duplicate).toBe(true);
    table.runtime.advance(1);
    expect(table.publish(once)[0]?.duplicate).toBe(false);
  });

  it('keeps key and idempotency key apart, whatever characters they have', () => {
    const table = new Table();
    const receipts = table.publish({ body: '', key: 'a', idempotencyKey: 'bc' }, { body: '', key: 'ab', idempotencyKey: 'c' }, { body: '', idempotencyKey: '1:abc' }, { body: '', key: '', idempotencyKey: 'abc' });
    expect(receipts.some(({ duplicate }) => duplicate)).toBe(false);
  });

  it('answers a resent batch as the first time and stores nothing', () => {
    const table = new Table();
    table.subscribe();
    const messages = [{ body: 'a', headers: {} }, { body: 'b', headers: {}, idempotencyKey: 'i' }, { body: 'c', headers: {}, delayMs: 10 }];
    for (const batch of [{ token: 'plain', messages: messages.slice(0, 1) }, { token: 'mixed', messages }, { token: 'empty', messages: [] }]) {
      const first = ask(table.broker.publisher.publish({ topic: table.topic, ...batch }));
      expect(ask(table.broker.publisher.publish({ topic: table.topic, ...batch }))).toEqual(first);
    }
    expect([table.stats().waiting, ask(table.broker.inspection.stats(table.topic)).scheduled]).toEqual([3, 1]);
  });

  it('hands out nothing that has expired, and spares what is leased', () => {
    const table = new Table();
    const [keeps, drops] = [table.link(table.subscribe('keeps')), table.link(table.subscribe('drops', { expired: 'drop' }))];
    table.publish({ body: 'a', ttlMs: 100 }, { body: 'b', ttlMs: 100 }, { body: 'c', ttlMs: 50, delayMs: 100 });
    const leased = table.take(keeps, 1);
    table.runtime.advance(100);
    expect([table.bodies(keeps), table.bodies(drops)]).toEqual([['c'], ['c']]);
    expect(table.settle(keeps, 'ack', leased)).toEqual([]);
    expect(table.eventsOf('dead-lettered').map(({ reason, deliveryCount }) => [reason, deliveryCount])).toEqual([['Expired', 0]]);
    expect(table.eventsOf('dropped').map(({ subscription, reason }) => [subscription.subscription, reason])).toEqual([['drops', 'Expired'], ['drops', 'Expired']]);
  });

  it('lets a listener of events call the broker: it sees a state that is whole', () => {
    const table = new Table();
    const sub = table.subscribe('s', { maxDeliveries: 1 });
    const link = table.link(sub);
    table.publish('a', 'b');
    table.broker.events$.subscribe((event) => {
      if (event.type === 'dead-lettered') ask(table.broker.inspection.redrive({ subscription: sub }));
    });
    const held = table.take(link);
    table.settle(link, 'retry', held.slice(0, 1));
    expect(table.stats()).toEqual({ waiting: 1, delayed: 0, leased: 1, dead: 0 });
  });
});

describe('the tools of the memory broker', () => {
  it('purge what waits and is delayed, here and for later subscriptions, and leave leases and dead letters', () => {
    const table = new Table();
    const link = table.link(table.subscribe());
    table.publish('leased', 'dead', 'delayed', 'released', 'fresh');
    const held = table.take(link, 4);
    table.settle(link, 'dead-letter', held.slice(1, 2), { failure: { reason: 'Rejected' } });
    table.settle(link, 'retry', held.slice(2, 3));
    table.settle(link, 'release', held.slice(3));
    expect(ask(table.broker.inspection.purge(table.topic))).toBe(3);
    expect(table.stats()).toEqual({ waiting: 0, delayed: 0, leased: 1, dead: 1 });
    table.runtime.advance(500);
    expect(table.bodies(link)).toEqual([]);
    expect(table.bodies(table.link(table.subscribe('late')))).toEqual(['leased', 'dead']);
  });

  it('redrive with a fresh count into the old place, and keep the history', () => {
    const table = new Table();
    const sub = table.subscribe('s', { maxDeliveries: 1 });
    const link = table.link(sub);
    table.publish('a', 'b', 'c');
    table.settle(link, 'retry', table.take(link, 2), { failure: { reason: 'ignored', description: 'no luck', errors: ['Error: x'] } });
    const redrive = (options: object): number => ask(table.broker.inspection.redrive({ subscription: sub, ...options }));
    expect([redrive({ reason: 'Other' }), redrive({ ids: ['unknown'] }), redrive({ max: 1 })]).toEqual([0, 0, 1]);
    expect(redrive({})).toBe(1);
    const again = table.take(link);
    expect(again.map(({ message: { body }, deliveryCount }) => [body, deliveryCount])).toEqual([['a', 1], ['b', 1], ['c', 1]]);
    table.settle(link, 'dead-letter', again.slice(0, 1), { failure: { reason: 'Rejected' } });
    const [record] = ask(table.broker.inspection.peekDeadLetters(sub, 5));
    expect(record?.history.map(({ reason, description }) => [reason, description])).toEqual([['MaxDeliveries', 'no luck'], ['Rejected', undefined]]);
  });

  it('redeliver what is retained and settled, and double nothing that is not', () => {
    const table = new Table();
    const sub = table.subscribe();
    const link = table.link(sub);
    const ids = table.publish('acked', 'leased', 'delayed', 'dead', 'fresh').map(({ id }) => id);
    const held = table.take(link, 4);
    table.settle(link, 'ack', held.slice(0, 1));
    table.settle(link, 'retry', held.slice(2, 3), { delayMs: 50 });
    table.settle(link, 'dead-letter', held.slice(3));
    expect(ask(table.broker.inspection.redeliver(sub, [...ids, 'gone']))).toBe(5);
    expect(table.stats()).toEqual({ waiting: 3, delayed: 1, leased: 1, dead: 0 });
    expect(table.bodies(link)).toEqual(['acked', 'dead', 'fresh']);
  });
});
