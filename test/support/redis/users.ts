import { randomUUID } from 'node:crypto';
import type { SingleServer } from './single.js';

export interface RedisUser {
  readonly username: string;
  readonly password: string;
  readonly url: string;
}

/** A user with these ACL rules and no other right, `['~*', '&*', '+@all', '-config']`. */
export async function addUser(server: Pick<SingleServer, 'call' | 'host' | 'port'>, rules: readonly string[]): Promise<RedisUser> {
  const username = `u${randomUUID().slice(0, 8)}`;
  const password = randomUUID();
  await server.call('ACL', 'SETUSER', username, 'reset', 'on', `>${password}`, ...rules);
  return { username, password, url: `redis://${username}:${password}@${server.host}:${server.port}` };
}

/** All rights but `CONFIG`, as managed servers give them. */
export const withoutConfig: readonly string[] = ['~*', '&*', '+@all', '-config'];
