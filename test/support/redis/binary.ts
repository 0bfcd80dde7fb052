import { isProgram, onPath } from '../servers/programs.js';

/** The redis-server to test with: the one that CHRONOW_REDIS_SERVER names, else the one of the search path. */
export function findRedisServer(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment['CHRONOW_REDIS_SERVER'];
  if (named === undefined || named === '') return onPath('redis-server', environment['PATH']);
  if (!isProgram(named)) throw new Error(`CHRONOW_REDIS_SERVER is ${named}, which is not a program; give the path of a redis-server, or unset it`);
  return named;
}

/** As `findRedisServer`, where one must be there. */
export function redisServer(): string {
  const found = findRedisServer();
  if (found === undefined) throw new Error('no redis-server: neither CHRONOW_REDIS_SERVER nor PATH has one; on Debian: apt-get install redis-server');
  return found;
}
