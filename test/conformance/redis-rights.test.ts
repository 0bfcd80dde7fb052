import { afterAll, beforeAll } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import { leastRights } from '../../src/adapters/redis/connection/commands.js';
import { describeRedis } from '../support/redis/shared.js';
import type { SingleServer } from '../support/redis/single.js';
import { startSingle } from '../support/redis/single.js';
import type { RedisUser } from '../support/redis/users.js';
import { addUser } from '../support/redis/users.js';
import { atOnce } from './support/at-once.js';
import { redisHarness } from './support/redis-harness.js';

describeRedis('Redis with the rights of docs/redis.md and no more', () => {
  let server: SingleServer;
  let user: RedisUser;
  beforeAll(async () => {
    server = await startSingle();
    user = await addUser(server, ['~cw:*', '~{cw:*', '&cw:*', ...leastRights()]);
  });
  afterAll(() => server.stop());

  // Redis allows a pattern only where the list has exactly it, so each namespace whose values are watched stands there.
  const patterns = (namespace: string): readonly string[] => {
    const scopes = [`acme:${namespace}`, `acme:${namespace}x`, `acmex:${namespace}`];
    return scopes.flatMap((scope) => [`&cw:${scope}:sm:*`, `&__keyspace@0__:cw:${scope}:sm:*`]);
  };

  const options = async (namespace: string): Promise<object> => {
    await server.call('ACL', 'SETUSER', user.username, ...patterns(namespace));
    return { hosts: [server.target], username: user.username, password: user.password };
  };
  conformance(atOnce, redisHarness('a user of the access list', options));
});
