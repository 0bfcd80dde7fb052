import { expect, it } from 'vitest';
import { keyed } from '../../../../marbles/conformance/defaults.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { bodiesOf, Room, settle, take } from './support/room.js';

describeRedis('a stream that was deleted under an ordered subscription', () => {
  it('goes on with what is published afterwards: holds of what is lost block nothing', async () => {
    const room = await Room.open();
    await room.publish(...keyed('k', 'a', 'b', 'c', 'd'));
    const [one, two] = [await room.consumer(), await room.consumer()];
    const held = await take(one, 8);
    await settle(one, 'retry', held.slice(0, 1), 60_000);
    expect(await take(two, 8, 100)).toEqual([]);
    await room.raw.del(room.place.topic);
    await room.publish(...keyed('k', 'e', 'f'));
    const after = await take(two, 8);
    expect(bodiesOf(after)).toEqual(['e', 'f']);
    await settle(two, 'ack', after);
    await room.publish(...keyed('k', 'g'));
    expect(bodiesOf(await take(one, 8))).toEqual(['g']);
  });
});
