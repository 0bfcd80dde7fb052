import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ConformanceHarness } from '../../marbles/conformance/index.js';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { outcomes } from './support/collecting-runner.js';
import { connection } from './support/connection.js';
import { memoryCapabilities } from './support/memory-harness.js';

const capabilities = { ...memoryCapabilities, shared: true, durable: true, synchronous: false, claimLingerMs: 2, settleLingerMs: 2, timeGranularityMs: 20 };

/** Two slow lines to one broker in real time: what the suite finds with a real backend, without one. */
const harness: ConformanceHarness = {
  name: 'two connections in real time',
  capabilities,
  lease: 400,
  patienceMs: 3_000,
  quietMs: 40,
  async open() {
    const store = memoryBroker();
    store.open().subscribe();
    return {
      broker: connection(store, capabilities, 2),
      second: connection(store, capabilities, 2),
      scope: { tenantId: 'acme', namespace: 'shop' },
      now: () => Date.now(),
      advance: (ms) => setTimeout(ms, undefined, { ref: false }),
      close: async () => {
        store.close().subscribe();
      },
    };
  },
};

it('the suite finds its promises kept in real time too, over two connections', { timeout: 120_000 }, async () => {
  const broken = (await outcomes(harness, 40)).filter(({ failure }) => failure !== undefined);
  expect(broken.map(({ sentence, failure }) => `${sentence}: ${String(failure)}`)).toEqual([]);
});
