import { firstValueFrom } from 'rxjs';
import type { ConformanceHarness } from '../../../marbles/conformance/index.js';
import { memoryBroker } from '../../../src/adapters/memory/index.js';
import type { Broker } from '../../../src/port/broker.js';
import type { Capabilities } from '../../../src/port/capabilities.js';
import type { Runtime } from '../../../src/port/runtime.js';
import { virtualRuntime } from '../../support/virtual-runtime.js';

/** Written down here and not read from the broker, so that a change of it is noticed. */
export const memoryCapabilities: Capabilities = {
  shared: false,
  durable: false,
  synchronous: true,
  claimLingerMs: 0,
  settleLingerMs: 0,
  timeGranularityMs: 1,
  maxShards: 1_024,
  replay: true,
  everyChange: true,
};

/** Puts another broker in front of the memory broker. */
export type Wrap = (broker: Broker, runtime: Runtime) => Broker;

/** The memory broker in virtual time, a new one for every promise. */
export function memoryHarness(name: string, wrap: Wrap = (broker) => broker, capabilities: Capabilities = memoryCapabilities): ConformanceHarness {
  return {
    name,
    capabilities,
    lease: 1_000,
    patienceMs: 0,
    quietMs: 0,
    async open() {
      const runtime = virtualRuntime();
      const inner = memoryBroker({ runtime });
      await firstValueFrom(inner.open());
      return {
        broker: wrap(inner, runtime),
        scope: { tenantId: 'acme', namespace: 'shop' },
        now: () => runtime.now(),
        advance: async (ms) => runtime.advance(ms),
        close: async () => {
          inner.close().subscribe();
          runtime.advance(0);
        },
      };
    },
  };
}
