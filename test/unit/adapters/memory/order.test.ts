import { describe, expect, it } from 'vitest';
import { Table, ask } from './table.js';

const keyed = (key: string, ...bodies: readonly string[]): { readonly body: string; readonly key: string }[] => bodies.map((body) => ({ body, key }));

describe('order in the memory broker', () => {
  it('lets one key take a quarter of the window, over several claims', () => {
    const table = new Table();
    const link = table.link(table.subscribe('s', { order: 'key' }));
    table.publish(...keyed('hot', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), ...keyed('cold', '1', '2'));
    const held = table.take(link, 16);
    expect(held.map(({ message }) => message.body)).toEqual(['a', 'b', 'c', 'd', '1', '2']);
    expect(table.bodies(link, 10)).toEqual([]);
    table.settle(link, 'ack', held.slice(0, 1));
    expect(table.bodies(link, 2)).toEqual(['e']);
  });

  it("lets a strict run take the whole window, and nobody else even looks at what is behind", () => {
    const table = new Table();
    const sub = table.subscribe('s', { order: 'strict' });
    const [one, two] = [table.link(sub), table.link(sub)];
    table.publish(...keyed('x', 'a'), 'b', ...keyed('y', 'c', 'd'));
    expect(table.bodies(one, 2)).toEqual(['a', 'b']);
    expect(table.bodies(two)).toEqual([]);
    expect(table.bodies(one)).toEqual(['c', 'd']);
  });

  it('gives the holder nothing that comes before what it has in hand', () => {
    const table = new Table();
    const sub = table.subscribe('s', { order: 'key' });
    const [one, two] = [table.link(sub), table.link(sub)];
    table.publish(...keyed('k', 'a', 'b', 'c', 'd'));
    const held = table.take(one, 16);
    table.settle(one, 'release', held.slice(0, 1));
    expect([table.bodies(one), table.bodies(two)]).toEqual([[], []]);
    table.settle(one, 'ack', held.slice(1, 3));
    expect([table.bodies(one), table.bodies(two)]).toEqual([[], []]);
    table.settle(one, 'ack', held.slice(3));
    expect(table.bodies(two)).toEqual(['a']);
  });

  it('passes a key on only when the whole run came back, by lapse too', () => {
    const table = new Table();
    const sub = table.subscribe('s', { order: 'key' });
    const [one, two] = [table.link(sub), table.link(sub)];
    table.publish(...keyed('k', 'a', 'b', 'c'));
    const held = table.take(one, 12);
    table.runtime.advance(500);
    ask(one.renew([held[1]?.token ?? '']));
    table.runtime.advance(500);
    expect(table.bodies(two)).toEqual([]);
    expect(table.settle(one, 'ack', held.slice(0, 1))).toEqual(['lost']);
    expect(table.settle(one, 'ack', held.slice(1, 2))).toEqual([]);
    expect(table.bodies(two, 12)).toEqual(['a', 'c']);
  });

  it('stays fast behind a hundred thousand messages of a key that waits for its retry', () => {
    const table = new Table({ maxStreamLen: 1_000_000 });
    const link = table.link(table.subscribe('s', { order: 'key' }));
    table.publish({ body: 'head', key: 'stuck' });
    table.settle(link, 'retry', table.take(link), { delayMs: 3_600_000 });
    for (let round = 0; round < 100; round++) table.publish(...Array.from({ length: 1_000 }, () => ({ body: '', key: 'stuck' })));
    table.publish('free');
    expect(table.bodies(link, 1)).toEqual(['free']);
    const started = performance.now();
    for (let round = 0; round < 1_000; round++) {
      table.publish('next');
      table.settle(link, 'ack', table.take(link, 1));
    }
    expect(performance.now() - started).toBeLessThan(500);
    expect(table.stats()).toEqual({ waiting: 100_000, delayed: 1, leased: 1, dead: 0 });
  });

  it('isolates the last attempt of a key, which waits for it', () => {
    const table = new Table();
    const sub = table.subscribe('s', { order: 'key', maxDeliveries: 2 });
    const [one, two] = [table.link(sub), table.link(sub)];
    table.publish(...keyed('k', 'a', 'b'));
    table.take(one, 1);
    table.runtime.advance(1_000);
    table.publish('free', 'free too');
    table.take(two, 1);
    expect(table.claim(two).answer).toMatchObject({ makeRoom: true, deliveries: [] });
    const alone = table.take(table.link(sub), 100);
    expect(alone.map(({ message, isolated }) => [message.body, isolated])).toEqual([['a', true]]);
    expect(table.bodies(two)).toEqual(['free too']);
  });

  it('can be switched on while messages are in several hands: a key waits until all of them are back', () => {
    const table = new Table();
    const sub = table.subscribe();
    const [one, two] = [table.link(sub), table.link(sub)];
    table.publish(...keyed('k', 'a', 'b', 'c', 'd'));
    const [a, b, c] = [table.take(one, 1), table.take(two, 1), table.take(one, 1)];
    table.settle(one, 'retry', c, { delayMs: 100 });
    table.subscribe('s', { order: 'key' });
    expect([table.bodies(one), table.bodies(two)]).toEqual([[], []]);
    table.settle(one, 'ack', a);
    table.settle(two, 'release', b);
    expect(table.bodies(one)).toEqual([]);
    table.runtime.advance(100);
    expect(table.bodies(one, 12)).toEqual(['b', 'c', 'd']);
  });

  it('gives nobody a run of a key that was in several hands when it was switched on', () => {
    const table = new Table();
    const sub = table.subscribe();
    const [one, two] = [table.link(sub), table.link(sub)];
    table.publish(...keyed('k', 'a', 'b', 'c'));
    const a = table.take(one, 1);
    table.take(two, 1);
    table.subscribe('s', { order: 'key' });
    expect([table.bodies(one, 12), table.bodies(two, 12)]).toEqual([[], []]);
    table.settle(one, 'ack', a);
    expect([table.bodies(one, 12), table.bodies(two, 12)]).toEqual([[], []]);
  });

  it('can be switched off: what was held back is there for anybody, in its place', () => {
    const table = new Table();
    const sub = table.subscribe('s', { order: 'key' });
    const [one, two] = [table.link(sub), table.link(sub)];
    table.publish(...keyed('k', 'a', 'b', 'c'), ...keyed('l', 'd'));
    expect([table.bodies(one, 1), table.bodies(two, 1)]).toEqual([['a'], ['d']]);
    table.subscribe('s', { order: 'none' });
    table.publish('e');
    expect(table.bodies(two)).toEqual(['b', 'c', 'e']);
  });
});
