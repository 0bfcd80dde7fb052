import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Reader } from '../../../src/adapters/redis/connection/connection.js';
import { openTo } from '../../support/redis/connection.js';
import { describeRedis } from '../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../support/redis/single.js';
import { until } from '../../support/servers/until.js';

describeRedis('a reader', () => {
  let server: SingleServer;
  beforeAll(async () => {
    server = await startSingle();
  });
  afterAll(() => server.stop());

  const read = (reader: Reader, stream: string, blockMs = 5_000): ReturnType<Reader['read']> =>
    reader.read('xreadgroup', ['GROUP', 'g', 'c', 'COUNT', 10, 'BLOCK', blockMs, 'STREAMS', stream, '>'], blockMs);
  const blocked = (n = 1): Promise<void> => until('a reader is blocked', async () => String(await server.call('INFO', 'clients')).includes(`blocked_clients:${n}`));

  it('waits without holding up anything else, and gets what arrives', async () => {
    const redis = await openTo(server);
    await redis.command('xgroup', 'CREATE', 'wake', 'g', '0', 'MKSTREAM');
    const reader = redis.reader('wake');
    const answer = read(reader, 'wake');
    await blocked();
    const id = await redis.command('xadd', 'wake', '*', 'a', '1');
    expect(await answer).toEqual([['wake', [[id, ['a', '1']]]]]);
  });

  it('answers null when the time is up', async () => {
    const redis = await openTo(server);
    await redis.command('xgroup', 'CREATE', 'idle', 'g', '0', 'MKSTREAM');
    expect(await read(redis.reader('idle'), 'idle', 1)).toBeNull();
  });

  it('ends a read that is asked to stop at any time: not sent, on its way, or blocked', async () => {
    const redis = await openTo(server);
    await redis.command('xgroup', 'CREATE', 'stop', 'g', '0', 'MKSTREAM');
    const reader = redis.reader('stop');
    const unsent = read(reader, 'stop', 60_000);
    reader.unblock();
    expect(await unsent).toBeNull();
    const waiting = read(reader, 'stop', 60_000);
    await blocked();
    reader.unblock();
    expect(await waiting).toBeNull();
    const onItsWay = read(reader, 'stop', 60_000);
    reader.unblock();
    expect(await onItsWay).toBeNull();
    expect(reader.lost).toBe(0);
  });

  it('rejects when its line is lost, counts it, and reads on by a new one', async () => {
    const redis = await openTo(server);
    await redis.command('xgroup', 'CREATE', 'line', 'g', '0', 'MKSTREAM');
    const reader = redis.reader('line');
    const cut = expect(read(reader, 'line', 60_000)).rejects.toMatchObject({ code: 'LINK_LOST', retryable: true });
    await blocked();
    await server.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await cut;
    expect(reader.lost).toBe(1);
    await redis.command('xadd', 'line', '*', 'a', '1');
    expect(await read(reader, 'line')).toHaveLength(1);
  });

  it('says that the group is gone, and that the key was deleted under it', async () => {
    const redis = await openTo(server);
    const reader = redis.reader('gone');
    await expect(read(reader, 'gone')).rejects.toMatchObject({ code: 'LINK_LOST', details: { reason: 'NOGROUP' } });
    await redis.command('xgroup', 'CREATE', 'gone', 'g', '0', 'MKSTREAM');
    const deleted = expect(read(reader, 'gone', 60_000)).rejects.toMatchObject({ code: 'LINK_LOST', details: { reason: 'UNBLOCKED' } });
    await blocked();
    await redis.command('del', 'gone');
    await deleted;
  });

  it('is given up when its server freezes', async () => {
    const own = await startSingle();
    try {
      const redis = await openTo(own);
      await redis.command('xgroup', 'CREATE', 's', 'g', '0', 'MKSTREAM');
      const reader = redis.reader('s');
      expect(await read(reader, 's', 1)).toBeNull();
      own.freeze();
      await expect(read(reader, 's', 1)).rejects.toMatchObject({ code: 'LINK_LOST' });
      own.thaw();
      expect(await read(reader, 's', 1)).toBeNull();
    } finally {
      await own.stop();
    }
  });

  it('does not keep close() waiting', async () => {
    const redis = await openTo(server);
    await redis.command('xgroup', 'CREATE', 'closing', 'g', '0', 'MKSTREAM');
    const ended = expect(read(redis.reader('closing'), 'closing', 60_000)).rejects.toMatchObject({ code: 'CLOSED' });
    await blocked();
    await redis.close();
    await ended;
    await blocked(0);
  });
});
