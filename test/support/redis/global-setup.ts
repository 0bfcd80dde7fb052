import type { TestProject } from 'vitest/node';
import { onPath } from '../servers/programs.js';
import { findRedisServer } from './binary.js';
import type { Machine } from '../servers/install.js';
import { install, thisMachine } from '../servers/install.js';
import { runName } from '../servers/run.js';
import type { SharedRedis } from './shared.js';
import type { SingleServer } from './single.js';
import { startSingle } from './single.js';
import { survivors } from '../servers/survivors.js';
import { until } from '../servers/until.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly redis: SharedRedis;
  }
}

interface Shared {
  users: number;
  readonly started: Promise<{ readonly redis: SharedRedis; readonly server?: SingleServer }>;
}

// Each kind of tests loads this file anew, and all are to have the same server.
const place: { [key: symbol]: Shared | undefined } = globalThis;
const key = Symbol.for('chronow.test.redis');

/** Has redis-server there, and one server running, for the kinds of tests that need it; the last of them ends it. */
export async function setup(project: TestProject): Promise<void> {
  const shared = (place[key] ??= { users: 0, started: start() });
  shared.users += 1;
  project.provide('redis', (await shared.started).redis);
}

export async function teardown(): Promise<void> {
  const shared = place[key];
  if (shared === undefined || (shared.users -= 1) > 0) return;
  place[key] = undefined;
  await (await shared.started).server?.stop();
  // Workers that were cut off have guards that need a moment.
  await until('no server of this run is left', async () => survivors(runName(), 'redis').length === 0, 5_000).catch(() => {
    process.exitCode = 1;
    say(`these servers of the tests were left running and are ended now: ${survivors(runName(), 'redis').join(', ')}`);
    for (const pid of survivors(runName(), 'redis')) process.kill(pid, 'SIGKILL');
  });
}

async function start(): Promise<Awaited<Shared['started']>> {
  runName();
  const machine = thisMachine();
  try {
    const failure = prepare(machine);
    if (failure === undefined) {
      const server = await startSingle();
      return { server, redis: { state: 'there', url: server.url, port: server.port, pid: server.pid ?? 0 } };
    }
    return { redis: { state: machine.ci ? 'failed' : 'missing', reason: `no redis-server or openssl, and they cannot be installed: ${failure}; by hand: apt-get install redis-server openssl, or set CHRONOW_REDIS_SERVER` } };
  } catch (error) {
    return { redis: { state: 'failed', reason: String(error) } };
  }
}

/** Has the programs there that the tests run. Returns why they are not. */
function prepare(machine: Machine): string | undefined {
  const missing = [...(findRedisServer() === undefined ? ['redis-server'] : []), ...(onPath('openssl') === undefined ? ['openssl'] : [])];
  const failure = missing.length === 0 ? undefined : install(missing, machine, say);
  if (failure !== undefined) return `${missing.join(', ')}: ${failure}`;
  return findRedisServer() === undefined ? 'apt-get installed redis-server, but PATH has none' : undefined;
}

function say(line: string): void {
  process.stderr.write(`\n${line}\n`);
}
