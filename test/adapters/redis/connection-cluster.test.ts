import { filter, firstValueFrom, ReplaySubject } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Connection } from '../../../src/adapters/redis/connection/connection.js';
import { script } from '../../../src/adapters/redis/connection/script.js';
import { hashSlot } from '../../../src/keys/hash-slot.js';
import { startCluster, type RedisCluster } from '../../support/redis/cluster.js';
import { connectionTo } from '../../support/redis/connection.js';
import { describeRedis } from '../../support/redis/shared.js';
import { until } from '../../support/servers/until.js';

// A resend after a lost reply counts once: the field is the token.
const count = script('count', "redis.call('HSET', KEYS[1], ARGV[1], '1'); redis.call('HSET', KEYS[2], ARGV[1], '1'); return redis.call('HLEN', KEYS[1])");
const pair = (tag: string): readonly string[] => [`{${tag}}:a`, `{${tag}}:b`];

describeRedis('a connection to a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster.stop());

  const open = async (): Promise<Connection> => {
    const [first] = cluster.nodes;
    const redis = connectionTo(first ?? { host: '127.0.0.1', port: 1 }, { topology: 'cluster' });
    await redis.open();
    return redis;
  };

  /** Runs the script for a tag over and over until it is told to stop; answers how often, and every failure. */
  const load = (redis: Connection, tag: string): { stop: () => Promise<{ done: number; failures: unknown[] }> } => {
    let isOver = false;
    let done = 0;
    const failures: unknown[] = [];
    const worker = async (name: number): Promise<void> => {
      for (let i = 0; !isOver; i += 1) {
        await redis.run(count, pair(tag), [`${name}-${i}`]).then(() => { done += 1; }, (error: unknown) => { failures.push(error); });
      }
    };
    const workers = Promise.all(Array.from({ length: 10 }, (_, name) => worker(name)));
    return {
      stop: async () => {
        isOver = true;
        await workers;
        return { done, failures };
      },
    };
  };

  it('finds the master of every key from any one node', async () => {
    const redis = await open();
    const tags = Array.from({ length: 50 }, (_, i) => `tag${i}`);
    await Promise.all(tags.map((tag) => redis.run(count, pair(tag), ['x'])));
    expect(await Promise.all(tags.map((tag) => redis.command('hlen', `{${tag}}:a`)))).toEqual(tags.map(() => 1));
    expect(redis.masters().map(({ id }) => id).sort()).toEqual((await cluster.masters()).map(({ host, port }) => `${host}:${port}`).sort());
    expect(redis.healthyForMs()).toBeGreaterThanOrEqual(0);
  });

  it('loses and rejects nothing while a slot moves', async () => {
    const redis = await open();
    const slot = await cluster.slotOf('{moving}:a');
    expect(hashSlot('{moving}:a')).toBe(slot);
    const running = load(redis, 'moving');
    await cluster.moveSlot(slot);
    await cluster.moveSlot(slot);
    const { done, failures } = await running.stop();
    expect(failures).toEqual([]);
    expect(await redis.command('hlen', '{moving}:b')).toBe(done);
  }, 60_000);

  it('goes on with a slot that is left half moved', async () => {
    const redis = await open();
    await redis.run(count, pair('half'), ['0']);
    const move = await cluster.beginMove(await cluster.slotOf('{half}:a'));
    // Neither key is on the other side yet, and one that is new is asked for there.
    expect(await redis.run(count, pair('half'), ['1'])).toBe(2);
    expect(await redis.command('set', '{half}:new', 'x')).toBe('OK');
    expect(await redis.command('get', '{half}:new')).toBe('x');
    await move.finish();
    await cluster.inOrder();
    expect(await redis.run(count, pair('half'), ['2'])).toBe(3);
  }, 60_000);

  it('follows a planned change of master', async () => {
    const redis = await open();
    const running = load(redis, 'planned');
    const owner = await cluster.ownerOf(await cluster.slotOf('{planned}:a'));
    await cluster.failover(owner);
    const { failures } = await running.stop();
    expect(failures).toEqual([]);
    await cluster.inOrder();
  }, 60_000);

  it('moves a blocked reader with its slot, and with its master', async () => {
    const redis = await open();
    const key = '{reading}:s';
    const slot = await cluster.slotOf(key);
    await redis.command('xgroup', 'CREATE', key, 'g', '0', 'MKSTREAM');
    const reader = redis.reader(key);
    const read = (blockMs: number): ReturnType<typeof reader.read> => reader.read('xreadgroup', ['GROUP', 'g', 'c', 'COUNT', 10, 'BLOCK', blockMs, 'STREAMS', key, '>'], blockMs);
    const blocked = async (): Promise<void> => {
      const owner = await cluster.ownerOf(slot);
      await until('the reader is blocked', async () => String(await owner.call('INFO', 'clients')).includes('blocked_clients:1'));
    };
    const readOn = async (): Promise<unknown> => {
      for (;;) {
        const answer = await read(60_000).catch((error: unknown) => error);
        if (!(answer instanceof Error)) return answer;
        expect(answer).toMatchObject({ code: 'LINK_LOST', retryable: true });
      }
    };
    const first = readOn();
    await blocked();
    await cluster.moveSlot(slot);
    await blocked();
    await redis.command('xadd', key, '*', 'a', '1');
    expect(await first).toHaveLength(1);
    const second = readOn();
    await blocked();
    await cluster.failover(await cluster.ownerOf(slot));
    await cluster.inOrder();
    await blocked();
    await redis.command('xadd', key, '*', 'a', '2');
    expect(await second).toHaveLength(1);
  }, 60_000);

  it('hears events of keys on every master, also after one has changed', async () => {
    const redis = await open();
    await Promise.all(cluster.nodes.map((node) => node.call('CONFIG', 'SET', 'notify-keyspace-events', 'KA')));
    const log$ = new ReplaySubject<{ readonly kind: string; readonly channel?: string }>(1_000);
    redis.pubsub.keyspace('__keyspace@0__:{w*').subscribe(log$);
    await firstValueFrom(log$.pipe(filter(({ kind }) => kind === 'subscribed')));
    const heard = async (key: string): Promise<void> => { await firstValueFrom(log$.pipe(filter(({ channel }) => channel === `__keyspace@0__:${key}`))); };
    const keys = Array.from({ length: 20 }, (_, i) => `{w${i}}`);
    await Promise.all(keys.map((key) => redis.command('set', key, '1')));
    await Promise.all(keys.map(heard));
    const messages = new ReplaySubject<string>(10);
    redis.pubsub.channel('everywhere').subscribe((signal) => { messages.next(signal.kind === 'message' ? signal.text : signal.kind); });
    await firstValueFrom(messages);
    await (await cluster.masters()).at(-1)?.call('PUBLISH', 'everywhere', 'hello');
    await firstValueFrom(messages.pipe(filter((text) => text === 'hello')));
    await cluster.failover(await cluster.ownerOf(hashSlot('{w0}')));
    await cluster.inOrder();
    await until('events of all masters are heard again', async () => {
      const mark = `{w-${Math.random()}}`;
      await redis.command('set', mark, '1');
      await Promise.race([heard(mark), new Promise((_, reject) => setTimeout(reject, 500))]);
      return true;
    });
  }, 60_000);

  it('goes on with the new master when one is killed, or freezes', async () => {
    const redis = await open();
    const running = load(redis, 'killed');
    const owner = await cluster.ownerOf(await cluster.slotOf('{killed}:a'));
    await cluster.killMaster(owner);
    const { failures } = await running.stop();
    expect(failures).toEqual([]);
    await owner.restart();
    await cluster.inOrder();
    const frozen = await cluster.ownerOf(await cluster.slotOf('{frozen}:a'));
    await redis.run(count, pair('frozen'), ['a']);
    frozen.freeze();
    expect(await redis.run(count, pair('frozen'), ['b'])).toBe(2);
    frozen.thaw();
    await cluster.inOrder();
  }, 60_000);
});
