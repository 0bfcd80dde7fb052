import { describe, expect, it } from 'vitest';
import { luaBugs, withLuaBug } from '../fixtures/faults/lua-bugs.js';
import { portBugs } from '../fixtures/faults/port-bugs.js';
import type { Broker } from '../../src/port/broker.js';
import { describeRedis } from '../support/redis/shared.js';
import type { Address, FaultBackend } from './backend/backend.js';
import { memoryBackend } from './backend/memory.js';
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

describe.concurrent('planted in a broker', () => {
  it.each(portBugs)('$caughtBy notices that $bug', async ({ caughtBy, seed, plant }) => {
    expect(await broken(memoryBackend, 'Q', seed, plant)).toContain(caughtBy);
  });
});

describeRedis('planted in the scripts of Redis', () => {
  describe.concurrent('a bug', () => {
    it.each(luaBugs)('$caughtBy notices that $bug', async (bug) => {
      // When a bug meets its fault is a matter of time, and of the machine.
      const found = new Set<string>();
      for (let seed = 1; seed <= 8 && !found.has(bug.caughtBy); seed++) for (const one of await broken(redisBackend, bug.row, seed, (_broker, address) => withLuaBug(bug, address))) found.add(one);
      expect([...found]).toContain(bug.caughtBy);
    });
  });
});
