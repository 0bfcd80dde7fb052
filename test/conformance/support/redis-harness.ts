import { setTimeout } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import type { ConformanceHarness } from '../../../marbles/conformance/index.js';
import { capabilities } from '../../../src/adapters/redis/capabilities.js';
import { redisBroker } from '../../../src/adapters/redis/index.js';
import type { RedisBrokerOptions } from '../../../src/adapters/redis/index.js';
import type { Broker } from '../../../src/port/broker.js';
import { freshNamespace } from '../../support/redis/shared.js';

/** Two clients of one server, in real time. Every session has a namespace of its own, which goes with it. */
export function redisHarness(name: string, options: () => RedisBrokerOptions, clean: (namespace: string) => Promise<void>): ConformanceHarness {
  return {
    name,
    capabilities,
    lease: 400,
    patienceMs: 5_000,
    quietMs: 60,
    async open() {
      const namespace = freshNamespace();
      const opened = async (): Promise<Broker> => {
        const broker = redisBroker(options());
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
          await clean(namespace);
        },
      };
    },
  };
}
