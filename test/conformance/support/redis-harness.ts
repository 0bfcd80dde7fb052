import { setTimeout } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import type { ConformanceHarness } from '../../../marbles/conformance/index.js';
import { capabilities } from '../../../src/adapters/redis/capabilities.js';
import { redisBroker } from '../../../src/adapters/redis/index.js';
import type { RedisBrokerOptions } from '../../../src/adapters/redis/index.js';
import type { Broker } from '../../../src/port/broker.js';
import { freshNamespace } from '../../support/redis/shared.js';

/** How to connect, for a session in this namespace. */
export type OptionsOf = (namespace: string) => RedisBrokerOptions | Promise<RedisBrokerOptions>;

/** Two clients of one server, in real time. Every session has a namespace of its own; where the server outlives the suite, `clean` removes it. */
export function redisHarness(name: string, options: OptionsOf, clean: (namespace: string) => Promise<void> = async () => undefined): ConformanceHarness {
  return {
    name,
    capabilities,
    lease: 1_000,
    patienceMs: 5_000,
    // What is there is to come within it on a busy machine too.
    quietMs: 200,
    async open() {
      const namespace = freshNamespace();
      const opened = async (): Promise<Broker> => {
        const broker = redisBroker(await options(namespace));
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
