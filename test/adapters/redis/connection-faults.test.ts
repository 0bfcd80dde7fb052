import { filter, firstValueFrom, skip } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isChronowError } from '../../../src/errors.js';
import { script, type Script } from '../../../src/adapters/redis/connection/script.js';
import { startProxy, type Proxy } from '../../support/proxy/proxy.js';
import { connectionTo, openTo } from '../../support/redis/connection.js';
import { describeRedis } from '../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../support/redis/single.js';
import { until } from '../../support/servers/until.js';

const count = script('count', "return redis.call('INCR', KEYS[1])");
const push = script('push', "return redis.call('RPUSH', KEYS[1], ARGV[1])");
const names = (...scripts: readonly Script[]): ReadonlyMap<string, string> => new Map(scripts.map(({ sha, name }) => [sha, name]));

describeRedis('a connection in trouble', () => {
  let server: SingleServer;
  let proxy: Proxy;
  beforeEach(async () => {
    server = await startSingle();
    proxy = await startProxy({ port: server.port, scripts: names(count, push) });
  });
  afterEach(async () => {
    await proxy.stop();
    await server.stop();
  });

  it('runs a script again whose reply was lost', async () => {
    const redis = await openTo(proxy);
    await redis.run(count, ['cw:n'], []);
    proxy.inject({ kind: 'drop-reply', command: 'count' });
    expect(await redis.run(count, ['cw:n'], [])).toBe(3);
  });

  it('gives a call up at its deadline, with a new connection for the next one', async () => {
    const redis = await openTo(proxy);
    await redis.run(count, ['cw:n'], []);
    proxy.inject({ kind: 'swallow', command: 'count' });
    const before = performance.now();
    await expect(redis.run(count, ['cw:n'], [], { deadlineMs: 200 })).rejects.toMatchObject({ code: 'LINK_LOST', retryable: true });
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(await redis.run(count, ['cw:n'], [])).toBe(3);
  });

  it('never sends later what it has given up, and sends the rest in order', async () => {
    const redis = await openTo(proxy, { retryMs: 20 });
    await redis.run(push, ['cw:l'], ['before']);
    await server.kill9();
    await until('the loss was noticed', async () => redis.healthyForMs() === undefined);
    const givenUp = Promise.allSettled([1, 2, 3].map((n) => redis.run(push, ['cw:l'], [`given up ${n}`], { deadlineMs: 100 })));
    const kept = Array.from({ length: 20 }, (_, n) => redis.run(push, ['cw:l'], [n]));
    expect((await givenUp).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await server.restart();
    await Promise.all(kept);
    expect(await redis.command('lrange', 'cw:l', 0, -1)).toEqual(['before', ...Array.from({ length: 20 }, (_, n) => String(n))]);
  });

  it('sends what was in flight when another call was given up once more, and nothing twice to the caller', async () => {
    const redis = await openTo(proxy);
    await redis.run(count, ['cw:n'], []);
    proxy.inject({ kind: 'swallow', command: 'count' });
    const first = redis.run(count, ['cw:n'], [], { deadlineMs: 150 });
    const others = Array.from({ length: 10 }, () => redis.run(count, ['cw:n'], []));
    await expect(first).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect((await Promise.all(others)).map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, n) => 13 + n));
  });

  it('survives a frozen server: calls end at their deadline, everything goes on after', async () => {
    const redis = await openTo(server, { deadlineMs: 300 });
    await redis.run(count, ['cw:n'], []);
    const lost = firstValueFrom(redis.status$.pipe(filter(({ state }) => state === 'reconnecting')));
    server.freeze();
    await expect(redis.run(count, ['cw:n'], [])).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(await lost).toMatchObject({ attempt: 1, error: { code: 'LINK_LOST' } });
    expect(redis.healthyForMs()).toBeUndefined();
    // The next socket is accepted by the kernel and greeted by nobody.
    await expect(redis.run(count, ['cw:n'], [])).rejects.toMatchObject({ code: 'LINK_LOST' });
    server.thaw();
    await firstValueFrom(redis.status$.pipe(filter(({ state }) => state === 'ready')));
    expect(await redis.run(count, ['cw:n'], [], { deadlineMs: 5_000 })).toBeGreaterThan(1);
  });

  it('does not wait for ever for the greeting of a frozen server', async () => {
    server.freeze();
    await expect(connectionTo(server, { connectTimeoutMs: 300 }).open()).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE', details: { reason: 'ETIMEDOUT' } });
    server.thaw();
  });

  it('finds an idle line dead', async () => {
    const redis = await openTo(proxy, { deadlineMs: 500 });
    const lost = firstValueFrom(redis.status$.pipe(filter(({ state }) => state === 'reconnecting')));
    proxy.inject({ kind: 'swallow', everywhere: true });
    await lost;
    proxy.heal();
    await firstValueFrom(redis.status$.pipe(filter(({ state }) => state === 'ready')));
  });

  it('knows for how long it was healthy, by the measure of who asks', async () => {
    const redis = await openTo(server);
    await redis.run(count, ['cw:n'], []);
    await until('it was healthy for a while', async () => (redis.healthyForMs(50) ?? 0) > 100);
    server.freeze();
    const answer = redis.run(count, ['cw:n'], []);
    await until('the silence was noticed', async () => redis.healthyForMs(200) === undefined);
    expect(redis.healthyForMs(4_000)).toBeGreaterThan(100);
    server.thaw();
    await answer;
    expect(redis.healthyForMs(128)).toBeLessThan(100);
    expect(redis.healthyForMs(4_000)).toBeGreaterThan(200);
  });

  it('waits while the server is busy with somebody\'s script', async () => {
    const redis = await openTo(server);
    await server.call('CONFIG', 'SET', 'busy-reply-threshold', '50');
    const foreign = server.call('EVAL', 'while true do end', '0').catch((error: unknown) => error);
    await until('it is busy', async () => server.call('GET', 'x').then(() => false, () => true));
    const answer = redis.run(count, ['cw:n'], []);
    // It is refused and made again at least once meanwhile.
    await until('it is still busy', async () => server.call('GET', 'x').then(() => true, () => true));
    await server.call('SCRIPT', 'KILL');
    await foreign;
    expect(await answer).toBe(1);
  });

  it('waits for a master where it meets a replica', async () => {
    const redis = await openTo(server);
    await server.call('REPLICAOF', '127.0.0.1', 1);
    const answer = redis.run(count, ['cw:n'], []);
    await expect(redis.run(count, ['cw:n'], [], { deadlineMs: 200 })).rejects.toMatchObject({ code: 'LINK_LOST', retryable: true });
    await server.call('REPLICAOF', 'NO', 'ONE');
    expect(await answer).toBe(1);
  });

  it('tells what the server refuses for good apart from what may pass', async () => {
    const redis = await openTo(server);
    await redis.command('set', 'cw:text', 'x');
    await expect(redis.command('xlen', 'cw:text')).rejects.toMatchObject({ code: 'FOREIGN_VALUE', retryable: false, details: { key: 'cw:text' } });
    await expect(redis.command('nonsense', 'cw:text', 'canary')).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.not.stringContaining('canary') as string });
    await server.call('CONFIG', 'SET', 'maxmemory', '1');
    await expect(redis.command('set', 'cw:more', 'x')).rejects.toMatchObject({ code: 'LINK_LOST', retryable: true, details: { reason: 'out-of-memory' } });
  });

  it('passes on the conditions that scripts tell by name', async () => {
    const redis = await openTo(server);
    const full = script('full', "return redis.error_reply('CW_TOPIC_FULL by fraud')");
    const thrown = script('thrown', "error({ err = 'CW_SUBSCRIPTION_DELETED gone' })");
    await expect(redis.run(full, ['cw:t'], [])).rejects.toMatchObject({ code: 'TOPIC_FULL', retryable: true, details: { text: 'by fraud' } });
    await expect(redis.run(thrown, ['cw:t'], [])).rejects.toMatchObject({ code: 'SUBSCRIPTION_DELETED', details: { text: 'gone' } });
  });

  it('goes on after an outage longer than every timeout', async () => {
    const redis = await openTo(server, { deadlineMs: 200, retryMs: 50 });
    const reader = redis.reader('cw:s');
    const back = firstValueFrom(redis.status$.pipe(skip(1), filter(({ state }) => state === 'ready')));
    await redis.command('xgroup', 'CREATE', 'cw:s', 'g', '0', 'MKSTREAM');
    const read = (): Promise<unknown> => reader.read('xreadgroup', ['GROUP', 'g', 'c', 'BLOCK', 100, 'STREAMS', 'cw:s', '>'], 100);
    expect(await read()).toBeNull();
    await server.kill9();
    const failures = await Promise.all([redis.run(count, ['cw:n'], []), read()].map((one) => one.catch((error: unknown) => error)));
    for (const failure of failures) expect(isChronowError(failure, 'LINK_LOST')).toBe(true);
    await server.restart();
    await back;
    expect(await redis.run(count, ['cw:n'], [])).toBe(1);
    expect(await read()).toBeNull();
  });

  it('closes in time whatever hangs', async () => {
    const redis = await openTo(server);
    const reading = redis.reader('cw:s').read('xread', ['BLOCK', 60_000, 'STREAMS', 'cw:s', '$'], 60_000).catch((error: unknown) => error);
    server.freeze();
    const running = redis.run(count, ['cw:n'], []).catch((error: unknown) => error);
    const before = performance.now();
    await redis.close();
    expect(performance.now() - before).toBeLessThan(500);
    for (const failure of await Promise.all([reading, running])) expect(isChronowError(failure, 'CLOSED')).toBe(true);
    server.thaw();
  });
});
