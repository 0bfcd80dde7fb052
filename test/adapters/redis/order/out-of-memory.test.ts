import { expect, it, onTestFinished } from 'vitest';
import { firstValueFrom, timer } from 'rxjs';
import { keyed, message } from '../../../../marbles/conformance/defaults.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { startSingle } from '../../../support/redis/single.js';
import { bodiesOf, Room, settle, take } from './support/room.js';

describeRedis('a server that is out of memory', () => {
  it('takes every kind of settlement, and goes on in order when there is room again', async () => {
    const server = await startSingle({ persistence: 'none', maxmemory: '12mb', settings: { 'maxmemory-policy': 'noeviction' } });
    onTestFinished(() => server.stop());
    const room = await Room.open({ retryBackoffMs: [50] }, server.port);
    await room.publish(...['a', 'b', 'c', 'd'].flatMap((key) => keyed(key, `${key}0`, `${key}1`)), message('free'));
    const link = await room.consumer();
    const held = await take(link, 5);
    expect(bodiesOf(held)).toEqual(['a0', 'b0', 'c0', 'd0', 'free']);
    for (let size = 4_000_000; size > 100; size /= 2) {
      for (let full = false; !full;) full = await room.raw.append('filler', 'x'.repeat(size)).then(() => false, () => true);
    }
    await expect(room.raw.set('more', 'x')).rejects.toThrow('OOM');
    const [a, b, c, d, free] = held;
    if (a === undefined || b === undefined || c === undefined || d === undefined || free === undefined) throw new Error('not taken');
    await settle(link, 'retry', [a]);
    await settle(link, 'dead-letter', [b]);
    await settle(link, 'release', [c]);
    await settle(link, 'leak', [free]);
    await settle(link, 'ack', [d]);
    // Asking may be refused while there is no room; nothing is lost by it.
    await firstValueFrom(link.claim({ max: 5, until$: timer(50) })).then(({ deliveries }) => settle(link, 'release', deliveries), () => undefined);
    await room.raw.del('filler');
    const done: string[] = [];
    while (done.length < 7) {
      const taken = await take(link, 4);
      expect(taken).not.toEqual([]);
      done.push(...bodiesOf(taken));
      await settle(link, 'ack', taken);
    }
    expect(done.toSorted()).toEqual(['a0', 'a1', 'b1', 'c0', 'c1', 'd1', 'free']);
    expect(done.indexOf('a0')).toBeLessThan(done.indexOf('a1'));
    expect(done.indexOf('c0')).toBeLessThan(done.indexOf('c1'));
  });
});
