import { expect, it } from 'vitest';
import { keyed } from '../../../../marbles/conformance/defaults.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { bodiesOf, Room, settle, take } from './support/room.js';

const calm = { retryBackoffMs: [60_000], maxDeliveries: 5 };

describeRedis('an order that is switched', () => {
  it('on: what is leased by several, came back or is delayed stands in its lane, in its old place', async () => {
    const room = await Room.open({ ...calm, order: 'none' });
    await room.publish(...keyed('k', 'k0', 'k1', 'k2', 'k3'), ...keyed('l', 'l0', 'l1'), { body: 'free', headers: {} });
    const [one, two] = [await room.consumer(), await room.consumer()];
    const [k0, k1] = await take(one, 2);
    const [k2, k3, l0] = await take(two, 3);
    if (k0 === undefined || k1 === undefined || k2 === undefined || k3 === undefined || l0 === undefined) throw new Error('not taken');
    await settle(one, 'release', [k0]);
    // Later than all that is looked at before.
    await settle(two, 'retry', [l0], 4_000);
    await room.policy({ order: 'key' });
    const three = await room.consumer();
    expect(bodiesOf(await take(three, 20, 150))).toEqual(['free']);
    await settle(one, 'ack', [k1]);
    expect(await take(three, 20, 150)).toEqual([]);
    await settle(two, 'ack', [k2]);
    expect(await take(three, 20, 50), 'one of the key is still in hand').toEqual([]);
    await settle(two, 'ack', [k3]);
    const lanes = new Map<string | undefined, string[]>();
    for (let seen = 0; seen < 3;) {
      const taken = await take(three, 20, 20_000);
      seen += taken.length;
      for (const { message: { key, body } } of taken) lanes.set(key, [...(lanes.get(key) ?? []), String(body)]);
      await settle(three, 'ack', taken);
      if (taken.length === 0) break;
    }
    expect(lanes.get('l')).toEqual(['l0', 'l1']);
    expect(lanes.get('k')).toEqual(['k0']);
  });

  it('off: what was parked comes in the order published, what is delayed comes when it is due, counts go on', async () => {
    const room = await Room.open({ ...calm, order: 'key' });
    await room.publish(...keyed('k', 'k0', 'k1', 'k2'), ...keyed('l', 'l0'));
    const one = await room.consumer();
    const taken = await take(one, 10);
    await settle(one, 'retry', taken.slice(0, 1), 500);
    await settle(one, 'leak', taken.slice(1, 2));
    await room.policy({ order: 'none' });
    const two = await room.consumer();
    const got: (readonly [string, number])[] = [];
    while (got.length < 3) {
      const some = await take(two, 10);
      if (some.length === 0) break;
      got.push(...some.map(({ message, deliveryCount }) => [String(message.body), deliveryCount] as const));
      await settle(two, 'ack', some);
    }
    expect(got.at(-1)).toEqual(['k0', 2]);
    expect(got.slice(0, -1).map(([body]) => body).sort()).toEqual(['k1', 'k2'].concat(taken.length < 3 ? ['l0'] : []).sort());
    expect(got.find(([body]) => body === 'k1')?.[1]).toBe(bodiesOf(taken)[1] === 'k1' ? 2 : 1);
  });

  it('off: what is in hands goes on with its count when it is released', async () => {
    const room = await Room.open({ ...calm, order: 'key' });
    await room.publish(...keyed('k', 'k0'));
    const one = await room.consumer();
    await settle(one, 'retry', await take(one, 1), 0);
    const again = await take(one, 1);
    expect(again[0]?.deliveryCount).toBe(2);
    await room.policy({ order: 'none' });
    await settle(one, 'release', again);
    expect((await take(one, 1))[0]?.deliveryCount).toBe(2);
  });

  it('from key to strict and back: nothing is lost, nothing overtakes', async () => {
    const room = await Room.open({ ...calm, order: 'key' });
    await room.publish(...keyed('k', 'k0', 'k1'), ...keyed('l', 'l0', 'l1'));
    const one = await room.consumer();
    const [k0] = await take(one, 1);
    if (k0 === undefined) throw new Error('not taken');
    await settle(one, 'retry', [k0], 300);
    await room.policy({ order: 'strict' });
    expect(await take(one, 1, 100)).toEqual([]);
    const again = await take(one, 1);
    expect(bodiesOf(again)).toEqual(['k0']);
    await room.policy({ order: 'key' });
    const two = await room.consumer();
    const others = await take(two, 8);
    expect(bodiesOf(others)).toEqual(['l0', 'l1']);
    await settle(two, 'ack', others);
    await settle(one, 'ack', again);
    expect(bodiesOf(await take(two, 8))).toEqual(['k1']);
  });
});
