import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5';
import { filter, firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DriverClient } from '../../../src/adapters/redis/connection/options.js';
import { script } from '../../../src/adapters/redis/connection/script.js';
import { startCluster } from '../../support/redis/cluster.js';
import { openTo, connectionTo } from '../../support/redis/connection.js';
import { describeRedis } from '../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../support/redis/single.js';

const shapes = script('shapes', "return {1, 'a', false, {}, {'b', {2}}}");
const count = script('count', "return redis.call('INCR', KEYS[1])");

interface Made {
  readonly client: DriverClient & { readonly status: string };
  readonly end: () => void;
}

describeRedis('a client that is handed in', () => {
  let server: SingleServer;
  beforeAll(async () => {
    server = await startSingle({ password: 'secret' });
  });
  afterAll(() => server.stop());

  const made = (client: DriverClient & { on(event: 'error', heard: () => void): unknown; disconnect(): void }): Made => {
    client.on('error', () => undefined);
    return { client, end: () => { client.disconnect(); } };
  };
  const kinds: readonly (readonly [string, (more?: object) => Made])[] = [
    ['ioredis 6 with RESP3', (more = {}) => made(new Redis({ host: server.host, port: server.port, password: 'secret', protocol: 3, ...more }))],
    ['ioredis 6 with RESP2', (more = {}) => made(new Redis({ host: server.host, port: server.port, password: 'secret', protocol: 2, lazyConnect: true, ...more }))],
    ['ioredis 6 with RESP3 shapes', (more = {}) => made(new Redis({ host: server.host, port: server.port, password: 'secret', protocol: 3, replyMapping: 'resp3', stringNumbers: true, ...more }))],
    ['ioredis 5', (more = {}) => made(new Redis5({ host: server.host, port: server.port, password: 'secret', enableAutoPipelining: true, ...more }))],
  ];

  describe.each(kinds)('%s', (_name, make) => {
    it('gives replies of one shape, reads, listens, and recovers', async () => {
      const { client, end } = make({ db: 2 });
      onTestFinished(end);
      const redis = await openTo(server, { client });
      expect(redis).toMatchObject({ topology: 'single', db: 2 });
      expect(await redis.run(shapes, ['cw:k'], [])).toEqual([1, 'a', null, [], ['b', [2]]]);
      await redis.command('hset', 'cw:h', 'a', '1');
      expect(await redis.command('hgetall', 'cw:h')).toEqual(['a', '1']);
      await redis.command('zadd', 'cw:z', 1.5, 'm');
      expect(await redis.command('zrange', 'cw:z', 0, -1, 'WITHSCORES')).toEqual(['m', '1.5']);
      await redis.command('xgroup', 'CREATE', 'cw:s', 'g', '0', 'MKSTREAM');
      const id = await redis.command('xadd', 'cw:s', '*', 'f', 'v');
      const reader = redis.reader('cw:s');
      expect(await reader.read('xreadgroup', ['GROUP', 'g', 'c', 'BLOCK', 100, 'STREAMS', 'cw:s', '>'], 100)).toEqual([['cw:s', [[id, ['f', 'v']]]]]);
      expect(await redis.command('xinfo', 'STREAM', 'cw:s')).toEqual(expect.arrayContaining(['length', 1]));
      const heard = firstValueFrom(redis.pubsub.channel('cw:c').pipe(filter(({ kind }) => kind === 'message')));
      await firstValueFrom(redis.pubsub.channel('cw:c'));
      await server.call('PUBLISH', 'cw:c', 'hello');
      expect(await heard).toEqual({ kind: 'message', text: 'hello' });
      const blocked = reader.read('xreadgroup', ['GROUP', 'g', 'c', 'BLOCK', 60_000, 'STREAMS', 'cw:s', '>'], 60_000);
      reader.unblock();
      expect(await blocked).toBeNull();
      await server.call('CLIENT', 'KILL', 'TYPE', 'normal');
      expect(await redis.run(count, ['cw:n'], [])).toBe(1);
      await server.call('FLUSHALL');
    });

    it('stays its owner\'s: not used, not closed', async () => {
      const { client, end } = make({ lazyConnect: true });
      onTestFinished(end);
      const redis = await openTo(server, { client });
      await redis.run(shapes, ['cw:k'], []);
      await redis.close();
      expect(client.status).toBe('wait');
    });

    it('is refused with a keyPrefix of its own', () => {
      const { client, end } = make({ keyPrefix: 'app:', lazyConnect: true });
      onTestFinished(end);
      expect(() => connectionTo(server, { client })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    });
  });

  it('may be a cluster, of either version', async () => {
    const cluster = await startCluster();
    onTestFinished(() => cluster.stop());
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    const both = [made(new Cluster(nodes, { lazyConnect: true, redisOptions: { protocol: 3 } })), made(new Cluster5(nodes.slice(1), { lazyConnect: true }))];
    for (const { client, end } of both) {
      onTestFinished(end);
      const redis = await openTo(server, { client });
      expect(redis.topology).toBe('cluster');
      for (let i = 0; i < 20; i += 1) await redis.run(count, [`cw:${i}`], []);
      expect(redis.masters()).toHaveLength(3);
      expect(client.status).toBe('wait');
    }
  }, 60_000);
});
