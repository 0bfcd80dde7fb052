import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { keyed } from '../../../../marbles/conformance/defaults.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { bodiesOf, Room, settle, take } from './support/room.js';

describeRedis('a key of ours that somebody else wrote over', () => {
  it('fails the settlements that need it, each for itself; they stay leased, and their keys held', async () => {
    const room = await Room.open();
    await room.publish(...keyed('k', 'k0', 'k1'), ...keyed('l', 'l0', 'l1'));
    const [one, two] = [await room.consumer(), await room.consumer()];
    const held = await take(one, 4);
    const [k0, l0] = held;
    if (k0 === undefined || l0 === undefined) throw new Error('not taken');
    const body = room.place.all[6] ?? '';
    const kept = await room.raw.dumpBuffer(body);
    await room.raw.set(body, 'mine');
    const deviations = await firstValueFrom(one.settle([{ token: k0.token, action: 'dead-letter', failure: { reason: 'Bad' } }, { token: l0.token, action: 'ack' }]));
    expect(deviations.map(({ index, result }) => [index, result])).toEqual([[0, 'failed']]);
    expect(deviations[0]?.error).toMatchObject({ code: 'FOREIGN_VALUE', retryable: true });
    expect(bodiesOf(await take(two, 4))).toEqual(['l1']);
    expect(await take(two, 4, 50)).toEqual([]);
    await room.raw.del(body);
    await room.raw.restore(body, 0, kept);
    await settle(one, 'dead-letter', [k0]);
    expect(bodiesOf(await take(two, 4))).toEqual(['k1']);
  });

  it('what is not ours in the stream goes to the dead letters, and holds nobody up', async () => {
    const room = await Room.open();
    await room.raw.xadd(room.place.topic, '*', 'somebody', 'else');
    await room.publish(...keyed('k', 'k0'));
    const link = await room.consumer();
    expect(bodiesOf(await take(link, 4))).toEqual(['k0']);
    const [letter] = await firstValueFrom(room.broker.inspection.peekDeadLetters(room.ref, 10));
    expect(letter?.history.at(-1)?.reason).toBe('Undecodable');
  });
});
