import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import type { ConformanceHarness } from '../../../marbles/conformance/index.js';
import { capabilities } from '../../../src/adapters/mongo/capabilities.js';
import { mongoBroker } from '../../../src/adapters/mongo/index.js';
import type { MongoBrokerOptions } from '../../../src/adapters/mongo/index.js';
import type { Broker } from '../../../src/port/broker.js';
import type { Capabilities } from '../../../src/port/capabilities.js';

/** Two clients of one deployment, in real time. All sessions share a database, and each has a namespace of its own in it. */
export function mongoHarness(name: string, options: () => MongoBrokerOptions | Promise<MongoBrokerOptions>, can: Capabilities = capabilities): ConformanceHarness {
  return {
    name,
    capabilities: can,
    // On a busy machine a claim takes a while, and what is there is to come within quietMs.
    lease: 1_500,
    patienceMs: 10_000,
    quietMs: 400,
    async open() {
      const namespace = `ns-${randomUUID().slice(0, 8)}`;
      const opened = async (): Promise<Broker> => {
        const broker = mongoBroker({ connectTimeoutMs: 30_000, ...(await options()) });
        await firstValueFrom(broker.open(), { defaultValue: undefined });
        return broker;
      };
      const [broker, second] = await Promise.all([opened(), opened()]);
      return {
        broker,
        second,
        scope: { tenantId: 'acme', namespace },
        // The server is on this machine and has its clock.
        now: () => Date.now(),
        advance: (ms) => setTimeout(ms),
        close: async () => {
          await Promise.all([broker, second].map((each) => firstValueFrom(each.close(), { defaultValue: undefined })));
        },
      };
    },
  };
}
