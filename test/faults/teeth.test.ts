import { describe, expect, it } from 'vitest';
import { luaBugs, withLuaBug } from '../fixtures/faults/lua-bugs.js';
import { mongoBugs, withMongoBug } from '../fixtures/faults/mongo-bugs.js';
import { portBugs } from '../fixtures/faults/port-bugs.js';
import type { Broker } from '../../src/port/broker.js';
import { describeMongo } from '../support/mongo/shared.js';
import { describeRedis } from '../support/redis/shared.js';
import type { Address, FaultBackend } from './backend/backend.js';
import { memoryBackend } from './backend/memory.js';
import { mongoBackend } from './backend/mongo.js';
import { redisBackend } from './backend/redis.js';
import { violationsOf } from './check/invariants.js';
import { planOf, rowOf } from './rows/rows.js';
import { Stage } from './stage/stage.js';

/** What cannot be worked off is a finding too, and need not be waited for long. */
const drainMs = 6_000;

async function broken(backend: FaultBackend, id: string, seed: number, plant: (broker: Broker, address: Address) => Broker): Promise<readonly string[]> {
  const row = rowOf(id, backend.name);
  const record = await Stage.run({ ...planOf(row, seed), drainMs }, backend, { servers: row.servers, acts: row.acts, plant });
  return [...new Set(violationsOf(record).map(({ invariant }) => invariant))];
}

/** When a bug meets its fault is a matter of time, and of the machine: of several seeds one is enough. */
async function brokenInSome(backend: FaultBackend, { row, caughtBy }: { readonly row: string; readonly caughtBy: string }, plant: (address: Address) => Broker): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let seed = 1; seed <= 8 && !found.has(caughtBy); seed++) for (const one of await broken(backend, row, seed, (_broker, address) => plant(address))) found.add(one);
  return [...found];
}

describe.concurrent('planted in a broker', () => {
  it.each(portBugs)('$caughtBy notices that $bug', async ({ caughtBy, seed, plant }) => {
    expect(await broken(memoryBackend, 'Q', seed, plant)).toContain(caughtBy);
  });
});

describeRedis('planted in the scripts of Redis', () => {
  describe.concurrent('a bug', () => {
    it.each(luaBugs)('$caughtBy notices that $bug', async (bug) => {
      expect(await brokenInSome(redisBackend, bug, (address) => withLuaBug(bug, address))).toContain(bug.caughtBy);
    });
  });
});

describeMongo('planted in what is asked of MongoDB', () => {
  describe.concurrent('a bug', () => {
    it.each(mongoBugs)('$caughtBy notices that $bug', async (bug) => {
      expect(await brokenInSome(mongoBackend, bug, (address) => withMongoBug(bug, address))).toContain(bug.caughtBy);
    });
  });
});
