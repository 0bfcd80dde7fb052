import { firstValueFrom, NEVER } from 'rxjs';
import { expect, it } from 'vitest';
import { keyed, message, numbered } from '../../../../marbles/conformance/defaults.js';
import type { Settlement } from '../../../../src/port/lease.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { until } from '../../../support/servers/until.js';
import { bodiesOf, Room, settle, take } from './support/room.js';

describeRedis('messages behind a held key', () => {
  it('are walked over once and lie outside the pending list, and retention stops before them', async () => {
    const room = await Room.open({ retryBackoffMs: [600_000] });
    await room.publish(...keyed('hot', ...numbered(500)));
    const link = await room.consumer();
    const [head, ...queued] = await take(link, 8);
    if (head === undefined) throw new Error('nothing came');
    const back: readonly Settlement[] = [{ token: head.token, action: 'retry', delayMs: 600_000 }, ...queued.map(({ token }) => ({ token, action: 'release' }) as const)];
    expect(await firstValueFrom(link.settle(back))).toEqual([]);
    await room.publish(message('other', { key: 'cold' }));
    const [other] = await take(link, 8);
    expect(other?.message.body).toBe('other');
    expect(await room.raw.zcard(room.key('parked'))).toBe(1 + 499);
    expect(await room.raw.xpending(room.place.topic, room.place.group)).toEqual([1, expect.any(String), expect.any(String), [['c1', '1']]]);
    expect(await room.raw.zrange(room.key('floor'), '0', '0', 'WITHSCORES')).toEqual(['khot', String(head.message.publishedAt)]);
    const cursor = await room.raw.hget(room.key('cursor'), 'cur');
    expect(cursor).toBe(other?.message.id);
  });

  it('leave room for other keys: a run is a quarter of the window', async () => {
    const room = await Room.open();
    await room.publish(...keyed('hot', ...numbered(300)), ...numbered(40, 'k').map((key) => message(key, { key })));
    const link = await room.consumer();
    const first = await take(link, 64);
    expect(first.filter(({ message: { key } }) => key === 'hot')).toHaveLength(16);
    expect(first.filter(({ message: { key } }) => key !== 'hot')).toHaveLength(40);
  });

  it('go to whoever waits as soon as the last of a run is back', async () => {
    const room = await Room.open();
    await room.publish(...keyed('k', 'a', 'b', 'c'));
    const [one, two] = [await room.consumer(), await room.consumer()];
    const held = await take(one, 8);
    expect(bodiesOf(held)).toEqual(['a', 'b']);
    const waiting = firstValueFrom(two.claim({ max: 8, until$: NEVER }));
    await until('the rest is parked', async () => (await room.raw.zcard(room.key('parked'))) === 2);
    await settle(one, 'ack', held.slice(0, 1));
    expect(await room.raw.zcard(room.key('parked'))).toBe(2);
    await settle(one, 'ack', held.slice(1));
    expect(bodiesOf((await waiting).deliveries)).toEqual(['c']);
  });

  it('come in their old place, whatever order they come back in', async () => {
    const room = await Room.open();
    await room.publish(...keyed('k', ...numbered(8)));
    const one = await room.consumer();
    const held = await take(one, 32);
    expect(bodiesOf(held)).toEqual(numbered(8));
    await settle(one, 'release', [3, 7, 0, 5, 1, 6, 2, 4].flatMap((at) => held[at] ?? []));
    expect(bodiesOf(await take(one, 32))).toEqual(numbered(8));
  });

  it('with a key of any characters go with none but their own', async () => {
    const room = await Room.open();
    const keys = ['a', 'a\0', 'a\0b', 'a\x01', 'ä', 'u1-1', ' ', '|', ':'];
    await room.publish(...['1', '2', '3'].flatMap((step) => keys.map((key) => message(`${key}/${step}`, { key }))));
    const one = await room.consumer();
    const seen = new Map<string | undefined, string[]>();
    for (let count = 0; count < keys.length * 3;) {
      const taken = await take(one, 7);
      if (taken.length === 0) break;
      count += taken.length;
      for (const { message: { key, body } } of taken) seen.set(key, [...(seen.get(key) ?? []), String(body)]);
      await settle(one, 'ack', taken);
    }
    for (const key of keys) expect(seen.get(key)).toEqual(['1', '2', '3'].map((step) => `${key}/${step}`));
  });
});
