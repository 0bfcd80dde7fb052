import { rulesOf, withoutHello } from './newer-commands.js';
import type { SingleServer } from './single.js';
import { startSingle } from './single.js';
import type { RedisUser } from './users.js';
import { addUser } from './users.js';

export interface BaselineServer {
  readonly server: SingleServer;
  /** Has no command that a server of the version does not have; connect as this one. */
  readonly user: RedisUser;
}

/** A server that, to its user, has the commands of an older version: what must work there is tested here. */
export async function startBaseline(version = '5.0'): Promise<BaselineServer> {
  const server = await startSingle({ settings: withoutHello });
  return { server, user: await addUser(server, await rulesOf(version, server)) };
}
