import { filter, firstValueFrom, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Connection } from '../../../src/adapters/redis/connection/connection.js';
import { leastRights } from '../../../src/adapters/redis/connection/commands.js';
import type { ConnectionOptions } from '../../../src/adapters/redis/connection/options.js';
import type { BrokerEvent } from '../../../src/port/events.js';
import { connectionTo, openTo } from '../../support/redis/connection.js';
import { startReplicaSet } from '../../support/redis/replica-set.js';
import { describeRedis } from '../../support/redis/shared.js';
import { startSingle, type SingleOptions, type SingleServer } from '../../support/redis/single.js';
import { startTls } from '../../support/redis/tls.js';
import { addUser, withoutConfig } from '../../support/redis/users.js';

describeRedis('what a connection refuses and warns of', () => {
  const start = async (options: SingleOptions = {}): Promise<SingleServer> => {
    const server = await startSingle(options);
    onTestFinished(() => server.stop());
    return server;
  };
  const warnings = async (redis: Connection): Promise<readonly BrokerEvent[]> => {
    const all = firstValueFrom(redis.warnings$.pipe(toArray()));
    await redis.close();
    return all;
  };
  const settings = async (redis: Connection): Promise<readonly string[]> => (await warnings(redis)).map((event) => (event.type === 'unsafe-setting' ? `${event.setting}: ${event.value}` : event.type));
  const opening = (server: Pick<SingleServer, 'host' | 'port'>, options: Partial<ConnectionOptions> = {}): Promise<void> => connectionTo(server, options).open();

  describe('settings', () => {
    it('says nothing of a server that keeps what it is given', async () => {
      const server = await start({ maxmemory: '100mb' });
      expect(await settings(await openTo(server))).toEqual([]);
    });

    it('refuses a server that evicts, says what to do, and lets it pass with a warning where that is asked for', async () => {
      const server = await start({ maxmemory: '100mb', settings: { 'maxmemory-policy': 'allkeys-lru' } });
      await expect(opening(server)).rejects.toMatchObject({ code: 'BACKEND_UNSAFE', message: expect.stringContaining('noeviction') as string, details: { setting: 'eviction', value: 'allkeys-lru' } });
      expect(await settings(await openTo(server, { allowUnsafe: ['eviction'] }))).toEqual(['eviction: allkeys-lru']);
    });

    it('does not mind a policy without a limit that would put it to use', async () => {
      const server = await start({ settings: { 'maxmemory-policy': 'allkeys-lru' } });
      expect(await settings(await openTo(server))).toEqual([]);
    });

    it('warns of a server that keeps nothing, or only snapshots', async () => {
      expect(await settings(await openTo(await start({ persistence: 'none' })))).toEqual(['persistence: none']);
      expect(await settings(await openTo(await start({ persistence: 'none', settings: { save: '3600 1' } })))).toEqual(['persistence: snapshots']);
    });

    it('warns of what it may not read', async () => {
      const server = await start({ persistence: 'none' });
      const noConfig = await addUser(server, withoutConfig);
      expect(await settings(await openTo(server, noConfig))).toEqual(['settings-unreadable: CONFIG GET is denied']);
      const noInfo = await addUser(server, ['~*', '&*', '+@all', '-info']);
      const redis = await openTo(server, noInfo);
      expect(redis.probes).toMatchObject({ version: 'unknown', minId: false });
      expect(await settings(redis)).toEqual(['settings-unreadable: INFO is denied']);
    });

    it('knows what the version can do, unless a test says otherwise', async () => {
      const server = await start();
      expect((await openTo(server)).probes).toMatchObject({ minId: true, readInScript: true, groupLag: true });
      expect((await openTo(server, { probes: { minId: false } })).probes).toMatchObject({ minId: false, readInScript: true });
    });

    it('reads the clock of the server', async () => {
      const redis = await openTo(await start());
      expect(Math.abs(redis.clock.offsetMs())).toBeLessThan(1_000);
    });
  });

  describe('rights', () => {
    it('is content with the rights of the list', async () => {
      const server = await start();
      const user = await addUser(server, ['~cw:*', '~{cw:*', '&cw:*', ...leastRights()]);
      const redis = await openTo(server, user);
      expect(await redis.command('xlen', 'cw:x')).toBe(0);
      expect(await settings(redis)).toEqual([]);
    });

    it('names what is missing, before anything is sent', async () => {
      const server = await start();
      const user = await addUser(server, ['~*', '&*', ...leastRights(), '-xclaim', '-xgroup|setid', '-client|unblock']);
      await expect(opening(server, user)).rejects.toMatchObject({ code: 'BACKEND_UNSAFE', details: { missing: expect.arrayContaining(['xclaim', 'xgroup|setid', 'client|unblock']) as string[] } });
      const foreign = await addUser(server, ['~other:*', '&*', '+@all']);
      await expect(opening(server, foreign)).rejects.toMatchObject({ code: 'BACKEND_UNSAFE', message: expect.stringContaining('~cw:* and ~{cw:*') as string });
    });

    it('names a right that is taken away later', async () => {
      const server = await start();
      const user = await addUser(server, ['~*', '&*', '+@all']);
      const redis = await openTo(server, user);
      await server.call('ACL', 'SETUSER', user.username, '-xlen');
      await expect(redis.command('xlen', 'cw:x')).rejects.toMatchObject({ code: 'BACKEND_UNSAFE', retryable: false, details: { right: '+xlen' } });
    });

    it('tells a watcher\'s owner that channels are forbidden, and lets the others listen', async () => {
      const server = await start();
      const user = await addUser(server, ['~*', '&cw:*', '+@all']);
      const redis = await openTo(server, user);
      const warned = firstValueFrom(redis.warnings$);
      redis.pubsub.channel('foreign').subscribe();
      const allowed = firstValueFrom(redis.pubsub.channel('cw:a'));
      expect(await allowed).toEqual({ kind: 'subscribed' });
      expect(await warned).toMatchObject({ type: 'unsafe-setting', setting: 'acl-channels' });
    });
  });

  describe('login and address', () => {
    it('refuses a wrong password at once, and a missing one', async () => {
      const server = await start({ password: 'correct-horse' });
      await expect(opening(server, { password: 'battery-staple' })).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { reason: 'WRONGPASS' } });
      await expect(opening(server)).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { reason: 'NOAUTH' } });
      await openTo(server, { password: 'correct-horse' });
    });

    it('says so when the login is taken away later, without a hot loop, and goes on when it comes back', async () => {
      const server = await start();
      const user = await addUser(server, ['~*', '&*', '+@all']);
      const redis = await openTo(server, { ...user, retryMs: 50 });
      await server.call('ACL', 'SETUSER', user.username, 'off', 'resetpass');
      await server.call('CLIENT', 'KILL', 'USER', user.username);
      await expect(redis.command('get', 'cw:a')).rejects.toMatchObject({ code: 'CONFIG_INVALID', retryable: false });
      expect(Number(/total_connections_received:(\d+)/.exec(String(await server.call('INFO', 'stats')))?.[1])).toBeLessThan(60);
      await server.call('ACL', 'SETUSER', user.username, 'on', `>${user.password}`);
      await firstValueFrom(redis.status$.pipe(filter(({ state }) => state === 'ready')));
      expect(await redis.command('get', 'cw:a')).toBeNull();
    });

    it('refuses a database that is not there, instead of using another one', async () => {
      const server = await start();
      await expect(opening(server, { db: 99 })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('redis.db') as string });
      const redis = await openTo(server, { db: 3 });
      await redis.command('set', 'a', '1');
      expect(await server.call('GET', 'a')).toBeNull();
    });

    it('says within the time to connect that nobody is there, and goes on trying', async () => {
      const server = await start();
      await server.kill9();
      const redis = connectionTo(server, { connectTimeoutMs: 300, retryMs: 50 });
      await expect(redis.open()).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE', retryable: true, details: { reason: 'ECONNREFUSED' } });
      const later = redis.command('set', 'cw:a', '1');
      await server.restart();
      expect(await later).toBe('OK');
    });

    it('says that a single server is no cluster, and a replica no master', async () => {
      const server = await start();
      await expect(opening(server, { topology: 'cluster' })).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { reason: 'not-a-cluster' } });
      const node = await start({ settings: { 'cluster-enabled': 'yes' } });
      await expect(opening(node)).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { reason: 'a-cluster' } });
      expect(() => connectionTo(node, { topology: 'cluster', db: 1 })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
      const set = await startReplicaSet({ sentinels: 1 });
      onTestFinished(() => set.stop());
      await expect(opening(await set.replica())).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { reason: 'a-replica' } });
      const [sentinel] = set.sentinels;
      if (sentinel === undefined) throw new Error('no sentinel');
      await expect(opening(sentinel)).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { reason: 'a-sentinel' } });
      await expect(opening(sentinel, { topology: 'sentinel', masterName: 'nobody', connectTimeoutMs: 500 })).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE' });
      await expect(opening(server, { topology: 'sentinel', masterName: 'main', connectTimeoutMs: 2_000 })).rejects.toThrow(/This is no sentinel/);
    }, 30_000);
  });

  describe('TLS', () => {
    it('trusts the authority it is given, read anew for each connection', async () => {
      const { server, certificates } = await startTls();
      onTestFinished(() => server.stop());
      let reads = 0;
      const redis = await openTo(server, { tls: true, ca: () => { reads += 1; return certificates.ca; } });
      expect(await redis.command('get', 'a')).toBeNull();
      await redis.reader('cw:s').read('xread', ['COUNT', 1, 'STREAMS', 'cw:s', '0'], 0);
      expect(reads).toBe(2);
    });

    it('refuses another authority, and says at once what is wrong', async () => {
      const { server, certificates } = await startTls();
      onTestFinished(() => server.stop());
      await expect(opening(server, { tls: true, ca: certificates.otherCa })).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE', message: expect.stringContaining('redis.caCert') as string });
      await expect(opening(server, { tls: true })).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE', message: expect.stringContaining('redis.caCert') as string });
    });

    it('hints at TLS where one side speaks it and the other does not', async () => {
      const { server } = await startTls();
      onTestFinished(() => server.stop());
      await expect(opening(server, { connectTimeoutMs: 400 })).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE', message: expect.stringContaining('use rediss://') as string });
      await expect(opening(await start(), { tls: true, connectTimeoutMs: 400 })).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE', message: expect.stringContaining('use redis://') as string });
    });
  });
});
