import { setTimeout as pause } from 'node:timers/promises';
import { of } from 'rxjs';
import { describe, it } from 'vitest';
import type { ConformanceHarness, ConformanceSession } from '../../../../marbles/conformance/harness.js';
import { keys } from '../../../../marbles/conformance/keys.js';
import { suiteOf } from '../../../../marbles/conformance/suite.js';
import { watch } from '../../../../marbles/conformance/watch.js';
import { memoryBroker } from '../../../../src/adapters/memory/index.js';
import { MongoWatches } from '../../../../src/adapters/mongo/watch/mongo-watches.js';
import { memoryCapabilities } from '../../../conformance/support/memory-harness.js';
import { over } from '../../../conformance/support/over.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { openRooms } from './support.js';

/** The room of keys in a broker that has nothing else of MongoDB. */
async function session(): Promise<ConformanceSession> {
  const rooms = await openRooms();
  const [broker = memoryBroker(), second] = rooms.map(({ context, keys: store }) => over(memoryBroker(), { keys: store, watches: new MongoWatches(context, store), close: () => of(undefined) }));
  return { broker, second, scope: { tenantId: 'acme', namespace: 'payments' }, now: () => Date.now(), advance: (ms) => pause(ms), close: async () => undefined };
}

const harness: ConformanceHarness = {
  name: 'keys and watchers on MongoDB',
  capabilities: { ...memoryCapabilities, shared: true, durable: true, synchronous: false, timeGranularityMs: 20 },
  lease: 300,
  patienceMs: 3_000,
  quietMs: 30,
  open: session,
};

describeMongo('keys and watchers on MongoDB keep the promises of the port', () => {
  describe('keys', () => { keys(suiteOf({ describe, it }, harness)); });
  describe('watch', () => { watch(suiteOf({ describe, it }, harness)); });
});
