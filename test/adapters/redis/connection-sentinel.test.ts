import { filter, firstValueFrom, map, take, toArray } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Connection } from '../../../src/adapters/redis/connection/connection.js';
import { script } from '../../../src/adapters/redis/connection/script.js';
import { connectionTo } from '../../support/redis/connection.js';
import { startReplicaSet, type ReplicaSet } from '../../support/redis/replica-set.js';
import { describeRedis } from '../../support/redis/shared.js';

const push = script('push', "redis.call('SADD', KEYS[1], ARGV[1]); return redis.call('SCARD', KEYS[1])");

describeRedis('a connection by sentinels', () => {
  let set: ReplicaSet;
  beforeAll(async () => {
    set = await startReplicaSet();
  }, 60_000);
  afterAll(() => set.stop());

  const open = async (options: Parameters<typeof connectionTo>[1] = {}): Promise<Connection> => {
    const [first] = set.sentinels;
    if (first === undefined) throw new Error('no sentinel');
    const redis = connectionTo(first, { topology: 'sentinel', masterName: set.name, hosts: [{ host: '127.0.0.1', port: 1 }, ...set.sentinels.map(({ host, port }) => ({ host, port }))], ...options });
    await redis.open();
    return redis;
  };

  it('finds the master, also when a sentinel does not answer', async () => {
    const redis = await open();
    expect(await redis.run(push, ['cw:found'], ['a'])).toBe(1);
    expect(await (await set.master()).call('SCARD', 'cw:found')).toBe(1);
  });

  it('tells how many replicas have what was written, and when they are too few', async () => {
    const redis = await open({ durability: { replicas: 1, timeoutMs: 300 } });
    expect(await redis.runConfirmed(push, ['cw:sure'], ['a'])).toEqual({ reply: 1, replicas: 1, enough: true });
    const replica = await set.replica();
    replica.freeze();
    expect(await redis.runConfirmed(push, ['cw:sure'], ['b'])).toEqual({ reply: 2, replicas: 0, enough: false });
    // A repeat that finds everything done already confirms no more than that: its own connection has written nothing.
    const again = await open({ durability: { replicas: 1, timeoutMs: 300 } });
    expect(await again.runConfirmed(push, ['cw:sure'], ['b'])).toMatchObject({ replicas: 0, enough: false });
    replica.thaw();
    await set.caughtUp();
    expect(await redis.runConfirmed(push, ['cw:sure'], ['c'])).toEqual({ reply: 3, replicas: 1, enough: true });
  });

  it('tells who listens when the master has become a replica, although that keeps their connection and nothing else is sent', async () => {
    const redis = await open();
    const signals = firstValueFrom(redis.pubsub.channel('news').pipe(map(({ kind }) => kind), take(3), toArray()));
    const subscribed = firstValueFrom(redis.pubsub.channel('news').pipe(filter(({ kind }) => kind === 'subscribed')));
    await subscribed;
    await set.failover();
    expect(await signals).toEqual(['subscribed', 'lost', 'subscribed']);
    await set.caughtUp();
  }, 60_000);

  it('follows a planned failover and a crash, calls under way and readers with it', async () => {
    const redis = await open();
    await redis.run(push, ['cw:f'], ['before']);
    await redis.command('xgroup', 'CREATE', 'cw:s', 'g', '0', 'MKSTREAM');
    await set.caughtUp();
    const reader = redis.reader('cw:s');
    const readOn = async (): Promise<unknown> => {
      for (;;) {
        const answer = await reader.read('xreadgroup', ['GROUP', 'g', 'c', 'BLOCK', 60_000, 'STREAMS', 'cw:s', '>'], 60_000).catch((error: unknown) => error);
        if (!(answer instanceof Error)) return answer;
        expect(answer).toMatchObject({ code: 'LINK_LOST' });
      }
    };
    const first = readOn();
    await set.failover();
    expect(await redis.run(push, ['cw:f'], ['planned'])).toBe(2);
    await redis.command('xadd', 'cw:s', '*', 'a', '1');
    expect(await first).toHaveLength(1);
    await set.caughtUp();
    const lost = firstValueFrom(redis.status$.pipe(filter(({ state }) => state === 'reconnecting')));
    const crashed = set.killMaster();
    const running = lost.then(() => redis.run(push, ['cw:f'], ['crashed']));
    await crashed;
    expect(await running).toBe(3);
  }, 60_000);
});
