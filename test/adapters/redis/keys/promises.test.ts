import { setTimeout as pause } from 'node:timers/promises';
import { of } from 'rxjs';
import { describe, it } from 'vitest';
import type { ConformanceHarness, ConformanceSession } from '../../../../marbles/conformance/harness.js';
import { keys } from '../../../../marbles/conformance/keys.js';
import { suiteOf } from '../../../../marbles/conformance/suite.js';
import { watch } from '../../../../marbles/conformance/watch.js';
import { memoryBroker } from '../../../../src/adapters/memory/index.js';
import { RedisWatches } from '../../../../src/adapters/redis/watch/redis-watches.js';
import { memoryCapabilities } from '../../../conformance/support/memory-harness.js';
import { over } from '../../../conformance/support/over.js';
import { describeRedis, freshNamespace } from '../../../support/redis/shared.js';
import { openRoom } from './support.js';

/** The rooms of keys and watchers in a broker that has nothing else of Redis. */
async function session(): Promise<ConformanceSession> {
  const rooms = [await openRoom(), await openRoom()];
  const [broker = memoryBroker(), second] = rooms.map(({ context, keys: store }) => over(memoryBroker(), { keys: store, watches: new RedisWatches(context, store), close: () => of(undefined) }));
  return { broker, second, scope: { tenantId: 'acme', namespace: freshNamespace() }, now: () => Date.now(), advance: (ms) => pause(ms), close: async () => undefined };
}

const harness: ConformanceHarness = {
  name: 'keys and watchers on Redis',
  capabilities: { ...memoryCapabilities, shared: true, durable: true, synchronous: false, timeGranularityMs: 20 },
  lease: 300,
  patienceMs: 3_000,
  quietMs: 30,
  open: session,
};

describeRedis('keys and watchers on Redis keep the promises of the port', () => {
  describe('keys', () => { keys(suiteOf({ describe, it }, harness)); });
  describe('watch', () => { watch(suiteOf({ describe, it }, harness)); });
});
