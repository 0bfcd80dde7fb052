import type { TestProject } from 'vitest/node';
import { thisMachine } from '../servers/install.js';
import { runName } from '../servers/run.js';
import { survivors } from '../servers/survivors.js';
import { until } from '../servers/until.js';
import { prepareMongod } from './prepare.js';
import { startReplicaSet, type ReplicaSet } from './replica-set.js';
import type { SharedMongo } from './shared.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly mongo: SharedMongo;
  }
}

interface Shared {
  users: number;
  readonly started: Promise<{ readonly mongo: SharedMongo; readonly set?: ReplicaSet }>;
}

// Each kind of tests loads this file anew, and all are to have the same set.
const place: { [key: symbol]: Shared | undefined } = globalThis;
const key = Symbol.for('chronow.test.mongo');

/** Has mongod there, and a set of one running, for the kinds of tests that need it; the last of them ends it. */
export async function setup(project: TestProject): Promise<void> {
  const shared = (place[key] ??= { users: 0, started: start() });
  shared.users += 1;
  project.provide('mongo', (await shared.started).mongo);
}

export async function teardown(): Promise<void> {
  const shared = place[key];
  if (shared === undefined || (shared.users -= 1) > 0) return;
  place[key] = undefined;
  await (await shared.started).set?.stop();
  // Workers that were cut off have guards that need a moment.
  await until('no mongod of this run is left', async () => survivors(runName(), 'mongo').length === 0, 5_000).catch(() => {
    process.exitCode = 1;
    say(`these servers of the tests were left running and are ended now: ${survivors(runName(), 'mongo').join(', ')}`);
    for (const pid of survivors(runName(), 'mongo')) process.kill(pid, 'SIGKILL');
  });
}

async function start(): Promise<Awaited<Shared['started']>> {
  runName();
  const machine = thisMachine();
  try {
    const failure = prepareMongod(machine, say);
    const given = process.env['MONGO_TEST_URI'];
    // Tests that kill or freeze a server start one of their own in any case.
    if (given !== undefined && given !== '') return { mongo: { state: 'there', uri: given } };
    if (failure !== undefined) return { mongo: { state: machine.ci ? 'failed' : 'missing', reason: `no mongod, and it cannot be installed: ${failure}; by hand: set MONGOMS_SYSTEM_BINARY, or put mongod on the PATH` } };
    const set = await startReplicaSet();
    return { set, mongo: { state: 'there', uri: set.uri } };
  } catch (error) {
    return { mongo: { state: 'failed', reason: String(error) } };
  }
}

function say(line: string): void {
  process.stderr.write(`\n${line}\n`);
}
