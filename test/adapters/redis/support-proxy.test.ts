import type { RedisOptions } from 'ioredis';
import { Redis } from 'ioredis';
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import type { Proxy } from '../../support/proxy/proxy.js';
import { startProxy } from '../../support/proxy/proxy.js';
import { describeRedis, freshNamespace, rawClient, redisPort } from '../../support/redis/shared.js';
import { addUser } from '../../support/redis/users.js';

describeRedis('the proxy', () => {
  let proxy: Proxy;
  let key: string;
  let script: string;
  let sha: string;

  beforeEach(async () => {
    key = freshNamespace();
    script = `redis.call('INCR', KEYS[1]) return '${key}'`;
    sha = String(await rawClient().script('LOAD', script));
    proxy = await startProxy({ port: redisPort(), seed: 7, scripts: new Map([[sha, 'count-up']]) });
    return () => proxy.stop();
  });

  /** Through the proxy; it gives up at once, so that a lost reply is seen. */
  function through(options: RedisOptions = {}): Redis {
    const client = new Redis(proxy.port, proxy.host, { ...options, retryStrategy: () => null, maxRetriesPerRequest: 0, replyMapping: 'legacy' });
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    return client;
  }

  it.each([2, 3] as const)('changes nothing without faults, of any size, in pipelines, and of what nobody asked for (RESP%i)', async (protocol) => {
    const client = through({ protocol });
    const large = randomBytes(1_000_000);
    await client.set(key, large);
    expect((await client.getBuffer(key))?.equals(large)).toBe(true);
    const pipeline = client.pipeline();
    for (let i = 0; i < 500; i += 1) pipeline.rpush(`${key}:l`, i);
    expect((await pipeline.exec())?.at(-1)).toEqual([null, 500]);
    expect(await client.lrange(`${key}:l`, -2, -1)).toEqual(['498', '499']);
    await expect(client.hget(key, 'a')).rejects.toThrow('WRONGTYPE');

    const listener = through({ protocol });
    const heard = new Promise((resolve) => listener.on('message', (_channel, text) => resolve(text)));
    expect(await listener.subscribe(key, `${key}:b`)).toBe(2);
    await client.publish(key, 'hello');
    expect(await heard).toBe('hello');
    expect(await listener.unsubscribe(key)).toBe(1);
  });

  it.each([2, 3] as const)('loses the reply of the nth command of a name, which the server has carried out, and closes (RESP%i)', async (protocol) => {
    const client = through({ protocol });
    const fault = proxy.inject({ kind: 'drop-reply', command: 'INCR', nth: 2 });
    const results = await Promise.allSettled([client.incr(key), client.get(key), client.incr(key), client.get(key)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    await fault.struck;
    expect(fault.strikes).toBe(1);
    expect(await rawClient().get(key)).toBe('2');
    expect(await through({ protocol }).incr(key)).toBe(3);
  });

  it('knows replies from messages on a connection that does both', async () => {
    const listener = through({ protocol: 3 });
    await listener.subscribe(key);
    const fault = proxy.inject({ kind: 'drop-reply', command: 'get' });
    await rawClient().publish(key, 'noise');
    await listener.set(key, '1');
    expect(fault.strikes).toBe(0);
    await expect(listener.get(key)).rejects.toThrow();
    expect(fault.strikes).toBe(1);
  });

  it('knows which reply is whose after a list that looks like a message, and after a subscription that was refused', async () => {
    const admin = rawClient();
    const user = await addUser({ host: proxy.host, port: proxy.port, call: (command, ...args) => admin.call(command, ...args) }, ['~*', '+@all', 'resetchannels']);
    const client = through({ protocol: 3, username: user.username, password: user.password });
    await client.rpush(key, 'message', 'a', 'b');
    await client.lrange(key, 0, -1);
    await expect(client.subscribe('x', 'y', 'z')).rejects.toThrow('NOPERM');
    const fault = proxy.inject({ kind: 'drop-reply', command: 'get' });
    await client.set(`${key}:b`, '1');
    expect(fault.strikes).toBe(0);
    await expect(client.get(`${key}:b`)).rejects.toThrow();
    expect(fault.strikes).toBe(1);
    await admin.acl('DELUSER', user.username);
  });

  it('knows a script by its name, called by its hash or by its text', async () => {
    const fault = proxy.inject({ kind: 'drop-reply', command: 'count-up', times: 2 });
    await expect(through().evalsha(sha, 1, key)).rejects.toThrow();
    await expect(through().eval(script, 1, key)).rejects.toThrow();
    expect(fault.strikes).toBe(2);
    expect(await through().evalsha(sha, 1, key)).toBe(key);
    expect(await rawClient().get(key)).toBe('3');
  });

  it('knows a subcommand', async () => {
    proxy.inject({ kind: 'drop-reply', command: 'xgroup create' });
    await expect(through().xgroup('CREATE', key, 'g', '0', 'MKSTREAM')).rejects.toThrow();
    expect(await rawClient().xlen(key)).toBe(0);
    await expect(rawClient().xgroup('CREATE', key, 'g', '0')).rejects.toThrow('BUSYGROUP');
  });

  it('passes reads that come back with nothing, when told to strike what holds something', async () => {
    const client = through();
    const fault = proxy.inject({ kind: 'drop-reply', command: 'xread', filled: true });
    expect(await client.xread('COUNT', 1, 'STREAMS', key, '0')).toBeNull();
    await rawClient().xadd(key, '*', 'f', 'v');
    await expect(client.xread('COUNT', 1, 'STREAMS', key, '0')).rejects.toThrow();
    expect(fault.strikes).toBe(1);
  });

  it('keeps a request from the server', async () => {
    const client = through();
    await client.ping();
    proxy.inject({ kind: 'drop-request', command: 'set' });
    await expect(client.set(key, '1')).rejects.toThrow();
    expect(await rawClient().exists(key)).toBe(0);
  });

  it('swallows what comes back on a connection and keeps it open; another connection is not touched', async () => {
    const client = through();
    await client.ping();
    const fault = proxy.inject({ kind: 'swallow', command: 'set' });
    const answers: string[] = [];
    client.set(key, '1').then(() => answers.push('set'), () => answers.push('set failed'));
    client.get(key).then(() => answers.push('get'), () => answers.push('get failed'));
    await fault.struck;
    expect(await through().get(key)).toBe('1');
    proxy.heal();
    expect(await through().get(key)).toBe('1');
    expect([client.status, answers]).toEqual(['ready', []]);
  });

  it('swallows everywhere: new connections get no answer either, until it is healed', async () => {
    const fault = proxy.inject({ kind: 'swallow', everywhere: true, command: 'ping' });
    const client = through();
    client.ping().catch(() => undefined);
    await fault.struck;
    const late = through({ connectTimeout: 60_000 });
    const ready = new Promise((resolve) => late.once('ready', resolve));
    let isReady = false;
    void ready.then(() => (isReady = true));
    await proxy.nextRequest('hello');
    expect(await rawClient().ping()).toBe('PONG');
    proxy.heal();
    expect(await through().ping()).toBe('PONG');
    expect(isReady).toBe(false);
  });

  it('cuts after a number of bytes, in the middle of a reply or of a request', async () => {
    await rawClient().set(key, 'x'.repeat(1_000));
    const client = through();
    await client.ping();
    const fault = proxy.inject({ kind: 'cut-after', bytes: 2_500 });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => client.get(key)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(fault.strikes).toBe(1);

    const writer = through();
    await writer.ping();
    proxy.inject({ kind: 'cut-after', bytes: 500, of: 'requests' });
    await expect(writer.set(`${key}:b`, 'x'.repeat(1_000))).rejects.toThrow();
    expect(await rawClient().exists(`${key}:b`)).toBe(0);
  });

  it('delays both ways, in order', async () => {
    const client = through();
    await client.ping();
    const start = performance.now();
    proxy.inject({ kind: 'delay', ms: 40, jitterMs: 20 });
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((n) => client.rpush(key, n).then(() => order.push(n))));
    expect(performance.now() - start).toBeGreaterThanOrEqual(79);
    expect(order).toEqual([1, 2, 3]);
    expect(await rawClient().lrange(key, 0, -1)).toEqual(['1', '2', '3']);
  });

  it('slices into small pieces, of which all arrive', async () => {
    const client = through();
    await client.ping();
    proxy.inject({ kind: 'slice', bytes: 3 });
    const text = randomBytes(2_000).toString('hex');
    await client.set(key, text);
    expect(await client.get(key)).toBe(text);
    expect(await rawClient().get(key)).toBe(text);
  });

  it('holds everything back in a pause, and loses nothing', async () => {
    const client = through();
    await client.ping();
    proxy.pause();
    const answer = client.incr(key);
    const late = through().incr(key);
    expect(await rawClient().exists(key)).toBe(0);
    proxy.heal();
    expect((await Promise.all([answer, late])).sort()).toEqual([1, 2]);
  });

  it('resets what is open, and refuses what is new', async () => {
    const client = through();
    await client.ping();
    const closed = new Promise((resolve) => client.once('close', resolve));
    const fault = proxy.inject({ kind: 'refuse' });
    proxy.reset();
    await closed;
    await expect(through().ping()).rejects.toThrow();
    expect(fault.strikes).toBeGreaterThan(0);
    proxy.heal();
    expect(await through().ping()).toBe('PONG');
  });

  it('counts what was asked', async () => {
    const client = through();
    await client.set(key, '1');
    await client.get(key);
    await client.get(key);
    expect([proxy.requests('GET'), proxy.requests('set'), proxy.requests('del')]).toEqual([2, 1, 0]);
  });

  it('does the same for the same seed', async () => {
    const { randomOf } = await import('../../support/proxy/random.js');
    const five = (seed: number): readonly number[] => {
      const random = randomOf(seed);
      return [1, 2, 3, 4, 5].map(random);
    };
    expect(five(3)).toEqual(five(3));
    expect(five(3)).not.toEqual(five(4));
    for (const number of five(5)) expect(number).toBeLessThan(1);
  });
});
