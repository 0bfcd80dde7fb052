import { fileURLToPath } from 'node:url';
import { isProgram, onPath } from '../servers/programs.js';

/** Outside node_modules, so that `npm ci` keeps it; ignored by git. Compiled, this file lies in a folder beside it. */
export const cacheFolder: string = fileURLToPath(new URL('../../../.cache/mongod/', import.meta.url)).replace('/.cache/faults/.cache/', '/.cache/');

/** The mongod to test with: the one that MONGOMS_SYSTEM_BINARY names, else the one of the search path, else the one that was installed here. */
export function findMongod(environment: NodeJS.ProcessEnv = process.env, cache: string = cacheFolder): string | undefined {
  const named = environment['MONGOMS_SYSTEM_BINARY'];
  if (named !== undefined && named !== '') {
    if (!isProgram(named)) throw new Error(`MONGOMS_SYSTEM_BINARY is ${named}, which is not a program; give the path of a mongod, or unset it`);
    return named;
  }
  const cached = `${cache}mongod`;
  return onPath('mongod', environment['PATH']) ?? (isProgram(cached) ? cached : undefined);
}

/** As `findMongod`, where one must be there. */
export function mongod(): string {
  const found = findMongod();
  if (found === undefined) throw new Error('no mongod: neither MONGOMS_SYSTEM_BINARY nor PATH nor .cache/mongod has one');
  return found;
}
