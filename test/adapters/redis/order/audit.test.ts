import { expect, it } from 'vitest';
import { Audit } from '../../../../src/adapters/redis/order/audit.js';
import { keyed } from '../../../../marbles/conformance/defaults.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { bodiesOf, Room, settle, take } from './support/room.js';

async function audited(room: Room): Promise<number> {
  const audit = new Audit();
  let repaired = 0;
  do repaired += await audit.page(room.context, room.ref, room.place);
  while (!audit.isThrough);
  return repaired;
}

describeRedis('the audit of holds', () => {
  it('finds nothing to put right where nothing is wrong', async () => {
    const room = await Room.open();
    await room.publish(...keyed('k', 'a', 'b', 'c'), ...keyed('l', 'd', 'e'), ...keyed('m', 'f'), { body: 'g', headers: {} }, { body: 'h', headers: {} });
    const [one, two] = [await room.consumer(), await room.consumer()];
    const held = await take(one, 4);
    await take(two, 100, 50);
    await settle(one, 'retry', held.slice(0, 1), 60_000);
    await settle(two, 'release', await take(two, 1, 50));
    expect(await audited(room)).toBe(0);
  });

  it('frees a key that is held by nobody', async () => {
    const room = await Room.open();
    await room.raw.hset(room.key('hold'), 'kk', '2|0|0|0|ghost');
    await room.publish(...keyed('k', 'a', 'b'));
    const link = await room.consumer();
    expect(await take(link, 10, 100)).toEqual([]);
    expect(await audited(room)).toBeGreaterThan(0);
    expect(bodiesOf(await take(link, 10))).toEqual(['a', 'b']);
  });

  it('finds what is parked under a key without a hold', async () => {
    const room = await Room.open();
    await room.publish(...keyed('k', 'a', 'b', 'c'));
    const [one, two] = [await room.consumer(), await room.consumer()];
    const [head] = await take(one, 1);
    expect(await take(two, 10, 100)).toEqual([]);
    await room.raw.hdel(room.key('hold'), 'kk');
    await settle(one, 'ack', head === undefined ? [] : [head]);
    expect(await take(two, 10, 100)).toEqual([]);
    expect(await audited(room)).toBeGreaterThan(0);
    expect(bodiesOf(await take(two, 10))).toEqual(['b', 'c']);
  });

  it('offers a free key that nobody was told of', async () => {
    const room = await Room.open();
    await room.publish(...keyed('k', 'a', 'b'));
    const [one, two] = [await room.consumer(), await room.consumer()];
    const held = await take(one, 1);
    expect(await take(two, 10, 100)).toEqual([]);
    await settle(one, 'ack', held);
    await room.raw.zrem(room.key('ready'), 'kk');
    expect(await take(two, 10, 100)).toEqual([]);
    expect(await audited(room)).toBe(1);
    expect(bodiesOf(await take(two, 10))).toEqual(['b']);
  });
});
