import { describe, expect, it } from 'vitest';
import { Table, ask } from './table.js';

const many = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `m${from + index}`);

describe('the bound of a topic in the memory broker', () => {
  it('names who is in the way, and stores nothing of a batch that does not fit', () => {
    const table = new Table({ maxStreamLen: 10 });
    table.subscribe('slow');
    table.publish(...many(8));
    expect(() => table.publish('a', 'b', 'c')).toThrow(expect.objectContaining({ code: 'TOPIC_FULL', details: { topic: 'orders', maxStreamLen: 10, subscription: 'slow', unsettled: 8 } }));
    expect(table.length()).toBe(8);
  });

  it('has room again for what was settled, dead or dropped', () => {
    const table = new Table({ maxStreamLen: 3 });
    const link = table.link(table.subscribe('s', { maxDeliveries: 1, expired: 'drop' }));
    table.publish('acked', 'spent', { body: 'expired', ttlMs: 10 });
    const held = table.take(link, 2);
    table.settle(link, 'ack', held.slice(0, 1));
    table.settle(link, 'retry', held.slice(1));
    table.runtime.advance(10);
    expect(table.bodies(link)).toEqual([]);
    expect(table.publish('a', 'b', 'c')).toHaveLength(3);
  });

  it('removes settled messages behind an unsettled one, the oldest first', () => {
    const table = new Table({ maxStreamLen: 4 });
    const link = table.link(table.subscribe());
    table.publish('stuck');
    table.take(link);
    for (const body of many(9)) {
      table.publish(body);
      table.settle(link, 'ack', table.take(link));
    }
    expect(table.length()).toBe(4);
    expect(ask(table.broker.inspection.read({ topic: table.topic, from: 0, to: Infinity, max: 9 })).map(({ body }) => body)).toEqual(['stuck', 'm6', 'm7', 'm8']);
  });

  it('drops with dropOldest from every subscription where it waits or is delayed, and leaves leases alone', () => {
    const table = new Table({ maxStreamLen: 3, onFull: 'dropOldest' });
    const [one, two, three] = ['one', 'two', 'three'].map((name) => table.link(table.subscribe(name))) as [ReturnType<Table['link']>, ReturnType<Table['link']>, ReturnType<Table['link']>];
    table.publish('a', 'b', 'c');
    const leased = table.take(one, 1);
    table.settle(two, 'retry', table.take(two, 1), { delayMs: 50 });
    table.publish('d');
    expect(table.eventsOf('dropped').map(({ subscription, reason, deliveryCount }) => [subscription.subscription, reason, deliveryCount])).toEqual([
      ['two', 'Overflow', 1],
      ['three', 'Overflow', 0],
      ['one', 'Overflow', 0],
      ['two', 'Overflow', 0],
      ['three', 'Overflow', 0],
    ]);
    table.runtime.advance(50);
    expect([one, two, three].map((link) => table.bodies(link))).toEqual([['c', 'd'], ['c', 'd'], ['c', 'd']]);
    expect(table.settle(one, 'ack', leased)).toEqual([]);
  });

  it('drops what came back, and what is parked behind a key, in one order with the fresh', () => {
    const table = new Table({ maxStreamLen: 6, onFull: 'dropOldest' });
    const link = table.link(table.subscribe('s', { order: 'key' }));
    table.publish(...['a', 'b', 'c', 'd'].map((body) => ({ body, key: 'k' })), 'e', 'f');
    const [a] = table.take(link, 1);
    expect(table.bodies(link, 1)).toEqual(['e']);
    table.settle(link, 'release', [a as never]);
    const dropped = (): readonly string[] => table.eventsOf('dropped').map(({ id }) => id.split('-')[1] ?? '');
    table.publish('g', 'h', 'i');
    expect(dropped()).toEqual(['1', '2', '3']);
    table.publish('j');
    expect(dropped()).toEqual(['1', '2', '3', '4']);
    table.publish('k');
    expect(dropped().at(-1)).toBe('6');
    expect(table.stats()).toEqual({ waiting: 5, delayed: 0, leased: 1, dead: 0 });
    expect(table.bodies(link)).toEqual(['g', 'h', 'i', 'j', 'k']);
  });

  it('drops first what comes back from before everything else', () => {
    const table = new Table({ maxStreamLen: 3, onFull: 'dropOldest' });
    const link = table.link(table.subscribe());
    table.publish('a', 'b', 'c');
    const held = table.take(link, 1);
    table.publish('d');
    table.settle(link, 'release', held);
    table.publish('e');
    expect(table.bodies(link)).toEqual(['c', 'd', 'e']);
  });

  it('stays quick with dropOldest and a full topic of delayed messages', () => {
    const table = new Table({ maxStreamLen: 50_000, onFull: 'dropOldest' });
    const link = table.link(table.subscribe());
    for (let round = 0; round < 50; round++) table.publish(...many(1_000));
    table.settle(link, 'retry', table.take(link, 50_000), { delayMs: 9_000 });
    const started = performance.now();
    for (let round = 0; round < 5_000; round++) table.publish('more');
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(table.stats()).toEqual({ waiting: 5_000, delayed: 45_000, leased: 0, dead: 0 });
  });

  it('tells once at four fifths, and again only after it was below seven tenths', () => {
    const table = new Table({ maxStreamLen: 10 });
    const link = table.link(table.subscribe());
    const filled = (): number => table.eventsOf('topic-filling').length;
    table.publish(...many(9));
    table.publish('a');
    expect(filled()).toBe(1);
    table.settle(link, 'ack', table.take(link, 3));
    table.publish('b');
    table.publish('c');
    expect(filled()).toBe(1);
    table.settle(link, 'ack', table.take(link, 5));
    table.publish('d');
    table.publish(...many(3));
    expect(filled()).toBe(2);
  });

  it('is not kept for ephemeral subscriptions: they skip what is gone and are told how much', () => {
    const table = new Table({ maxStreamLen: 4 });
    const sub = table.subscribe('e', {}, { ephemeral: true, startFrom: 'latest' });
    const link = table.link(sub);
    table.publish('a', 'b');
    const held = table.take(link, 1);
    table.publish(...many(6));
    table.settle(link, 'release', held);
    expect(table.bodies(link)).toEqual(['a', 'm2', 'm3', 'm4', 'm5']);
    expect(table.eventsOf('gap').map(({ missed }) => missed)).toEqual([3]);
    ask(link.detach());
    expect(ask(table.broker.topics.findSubscription(sub))).toBe(undefined);
  });

  it('is not passed by what an ordered ephemeral subscription parked behind a long retry', () => {
    const table = new Table({ maxStreamLen: 2_000 });
    const link = table.link(table.subscribe('e', { order: 'key' }, { ephemeral: true }));
    table.publish({ body: 'head', key: 'k' });
    table.settle(link, 'retry', table.take(link), { delayMs: 60_000 });
    for (let round = 0; round < 20; round++) {
      table.publish(...many(1_000).map((body) => ({ body, key: 'k' })));
      expect(table.bodies(link)).toEqual([]);
    }
    expect(table.stats('e').waiting).toBeLessThanOrEqual(6_000);
    table.runtime.advance(60_000);
    expect(table.bodies(link, 1)).toEqual(['head']);
  });
});

describe('retention in the memory broker', () => {
  it('removes settled messages by age when it is looked at, without a timer', () => {
    const table = new Table({ retentionMs: 1_000 });
    const link = table.link(table.subscribe());
    table.publish('old', 'held');
    table.settle(link, 'ack', table.take(link, 1));
    table.runtime.advance(1_001);
    expect([table.runtime.timers, table.length()]).toEqual([0, 1]);
  });

  it('tells a subscription that nobody reads for a day, once a day', () => {
    const table = new Table();
    table.subscribe('idle');
    const busy = table.link(table.subscribe('busy'));
    const day = 86_400_000;
    const told = (): unknown => table.eventsOf('subscription-idle').map(({ subscription, waiting }) => [subscription.subscription, waiting]);
    table.publish('a');
    table.claim(busy);
    table.runtime.advance(day - 1);
    table.publish('b');
    expect(told()).toEqual([]);
    table.claim(busy);
    table.runtime.advance(1);
    table.publish('c');
    table.publish('d');
    expect(told()).toEqual([['idle', 3]]);
    table.runtime.advance(day);
    table.take(busy);
    table.publish('e');
    expect(told()).toEqual([['idle', 3], ['idle', 5]]);
  });
});
