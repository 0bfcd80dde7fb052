import { filter, firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { script } from '../../../src/adapters/redis/connection/script.js';
import { connectionTo, openTo } from '../../support/redis/connection.js';
import { describeRedis } from '../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../support/redis/single.js';

const echo = script('echo', 'return {KEYS[1], ARGV[1], ARGV[2]}');
const push = script('push', "return redis.call('RPUSH', KEYS[1], ARGV[1])");

describeRedis('a connection to one server', () => {
  let server: SingleServer;
  beforeAll(async () => {
    server = await startSingle();
  });
  afterAll(() => server.stop());

  it('runs scripts and commands', async () => {
    const redis = await openTo(server);
    expect(await redis.run(echo, ['k'], ['a', 7])).toEqual(['k', 'a', '7']);
    expect(await redis.command('set', 'x', '1')).toBe('OK');
    expect(await redis.command('get', 'x')).toBe('1');
    await redis.command('hset', 'h', 'a', '1', 'b', '2');
    expect(await redis.command('hgetall', 'h')).toEqual(['a', '1', 'b', '2']);
  });

  it('runs a script that the server has forgotten', async () => {
    const redis = await openTo(server);
    await redis.run(echo, ['k'], ['a', 'b']);
    await server.call('SCRIPT', 'FLUSH');
    expect(await redis.run(echo, ['k'], ['a', 'b'])).toEqual(['k', 'a', 'b']);
  });

  it('keeps the order of calls', async () => {
    const redis = await openTo(server);
    await redis.run(push, ['order'], ['first']);
    await Promise.all(Array.from({ length: 100 }, (_, i) => redis.run(push, ['order'], [i])));
    expect(await redis.command('lrange', 'order', 0, -1)).toEqual(['first', ...Array.from({ length: 100 }, (_, i) => String(i))]);
  });

  it('says how it is, beginning with the present state', async () => {
    const redis = connectionTo(server);
    const states: string[] = [];
    redis.status$.subscribe(({ state }) => states.push(state));
    await redis.open();
    await redis.close();
    expect(states).toEqual(['connecting', 'ready', 'closed']);
  });

  it('sends again what a lost connection took, and reports that it was lost', async () => {
    const redis = await openTo(server);
    const states: string[] = [];
    redis.status$.subscribe(({ state }) => states.push(state));
    const back = firstValueFrom(redis.status$.pipe(filter(({ state }) => state === 'reconnecting')));
    await server.call('CLIENT', 'KILL', 'TYPE', 'normal');
    expect(await redis.run(echo, ['k'], ['a', 'b'])).toEqual(['k', 'a', 'b']);
    await back;
    expect(states).toEqual(['ready', 'reconnecting', 'ready']);
  });

  it('refuses calls after close', async () => {
    const redis = await openTo(server);
    await redis.close();
    await expect(redis.run(echo, ['k'], [])).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(redis.open()).rejects.toMatchObject({ code: 'CLOSED' });
    await redis.close();
  });
});
