import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fieldsOf } from '../../support/redis/call.js';
import { describeRedis, freshNamespace, rawClient, redisPort, redisUrl } from '../../support/redis/shared.js';
import type { SingleServer } from '../../support/redis/single.js';
import { startSingle } from '../../support/redis/single.js';
import { survivors } from '../../support/servers/survivors.js';

describeRedis('a server of a test', () => {
  let server: SingleServer;
  beforeEach(async () => {
    server = await startSingle();
  });
  afterEach(() => server.stop());

  it('is the process that we started', async () => {
    expect(fieldsOf(await server.call('INFO', 'server'))['process_id']).toBe(String(server.pid));
    expect(server.port).not.toBe(redisPort());
  });

  it('keeps what it has over a crash and over a restart in order', async () => {
    await server.call('SET', 'a', '1');
    await server.kill9();
    expect(server.pid).toBeUndefined();
    await expect(server.call('GET', 'a')).rejects.toThrow();
    await server.restart();
    expect(await server.call('GET', 'a')).toBe('1');
    await server.call('SET', 'a', '2');
    await server.restart();
    expect(await server.call('GET', 'a')).toBe('2');
  });

  it('says nothing while it is frozen, and goes on afterwards', async () => {
    const client = rawClient(server.url);
    await client.set('a', '1');
    server.freeze();
    let answered = false;
    const answer = client.get('a').then((value) => {
      answered = true;
      return value;
    });
    // A child process of our own takes longer than an answer.
    await startSingle().then((other) => other.stop());
    expect(answered).toBe(false);
    server.thaw();
    expect(await answer).toBe('1');
  });

  it('leaves neither a process nor a folder, also when it was frozen or killed', async () => {
    const [frozen, killed] = await Promise.all([startSingle(), startSingle()]);
    const pids = [server.pid, frozen.pid, killed.pid];
    expect(survivors()).toEqual(expect.arrayContaining(pids));
    frozen.freeze();
    await killed.kill9();
    await Promise.all([frozen.stop(), killed.stop(), server.stop()]);
    expect(survivors().filter((pid) => pids.includes(pid))).toEqual([]);
    expect([server, frozen, killed].filter(({ folder }) => existsSync(folder))).toEqual([]);
  });
});

describeRedis('a server with settings', () => {
  it('takes a password, a limit and what else there is in redis.conf', async () => {
    const server = await startSingle({ password: 'canary', maxmemory: '50mb', persistence: 'none', settings: { 'maxmemory-policy': 'allkeys-lru' } });
    try {
      expect(await server.call('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', '52428800']);
      expect(await server.call('CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', 'no']);
      expect(await server.call('CONFIG', 'GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'allkeys-lru']);
      expect(await rawClient(server.url).ping()).toBe('PONG');
    } finally {
      await server.stop();
    }
  });
});

describeRedis('the shared server', () => {
  it('is there, with the append-only file on', async () => {
    expect(await rawClient(redisUrl()).config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
  });

  it('has a namespace for everybody', () => {
    expect(freshNamespace()).not.toBe(freshNamespace());
  });
});
