import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { startBaseline } from '../../support/redis/baseline.js';
import { call } from '../../support/redis/call.js';
import { newerCommands, rulesOf } from '../../support/redis/newer-commands.js';
import { describeRedis, rawClient } from '../../support/redis/shared.js';
import type { SingleServer } from '../../support/redis/single.js';
import { startSingle } from '../../support/redis/single.js';
import type { RedisUser } from '../../support/redis/users.js';
import { addUser, withoutConfig } from '../../support/redis/users.js';

describeRedis('a user with few rights', () => {
  let server: SingleServer;
  beforeAll(async () => {
    server = await startSingle();
  });
  afterAll(() => server.stop());

  const as = ({ username, password }: RedisUser) => (command: string, ...args: readonly string[]) => call({ ...server.target, username, password }, command, ...args);

  it('may all but CONFIG', async () => {
    const run = as(await addUser(server, withoutConfig));
    expect(await run('SET', 'a', '1')).toBe('OK');
    await expect(run('CONFIG', 'GET', 'maxmemory')).rejects.toThrow('NOPERM');
  });

  it('may only what a server of 5.0 may', async () => {
    const run = as(await addUser(server, await rulesOf('5.0', server)));
    expect(await run('XADD', 's', '1-1', 'f', 'v')).toBe('1-1');
    expect(await run('XGROUP', 'CREATE', 's', 'g', '0')).toBe('OK');
    expect(await run('CLIENT', 'SETNAME', 'me')).toBe('OK');
    for (const denied of [['XAUTOCLAIM', 's', 'g', 'me', '0', '0'], ['LMPOP', '1', 'l', 'LEFT'], ['GETDEL', 'a'], ['CLIENT', 'TRACKING', 'OFF'], ['XGROUP', 'CREATECONSUMER', 's', 'g', 'c']]) {
      const [command = '', ...args] = denied;
      await expect(run(command, ...args), denied.join(' ')).rejects.toThrow('NOPERM');
    }
  });

  it('may no newer command in a script either', async () => {
    const run = as(await addUser(server, await rulesOf('5.0', server)));
    expect(await run('EVAL', "return redis.call('SET', KEYS[1], '1')", '1', 'b')).toBe('OK');
    await expect(run('EVAL', "return redis.call('GETDEL', KEYS[1])", '1', 'b')).rejects.toThrow(/can't run this command|NOPERM/i);
  });

  it('has a server that knows no HELLO either', async () => {
    const { server: old, user } = await startBaseline();
    onTestFinished(() => old.stop());
    const { username, password } = user;
    const run = (command: string, ...args: readonly string[]): Promise<unknown> => call({ ...old.target, username, password }, command, ...args);
    await expect(run('HELLO', '3')).rejects.toThrow('unknown command');
    await expect(run('XAUTOCLAIM', 's', 'g', 'me', '0', '0')).rejects.toThrow('NOPERM');
    expect(await rawClient(user.url).set('a', '1')).toBe('OK');
  });

  it('is told by the server what is newer', async () => {
    const newer = await newerCommands(server);
    expect(newer).toEqual(expect.arrayContaining(['xautoclaim', 'copy', 'hello', 'acl', 'client|tracking', 'xgroup|createconsumer']));
    expect(newer).not.toContain('xadd');
    expect(newer).not.toContain('zpopmin');
  });
});
