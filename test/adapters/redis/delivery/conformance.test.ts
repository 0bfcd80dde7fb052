import { setTimeout } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { describe, it } from 'vitest';
import type { ConformanceHarness } from '../../../../marbles/conformance/index.js';
import { claim } from '../../../../marbles/conformance/claim.js';
import { isolation } from '../../../../marbles/conformance/isolation.js';
import { lease } from '../../../../marbles/conformance/lease.js';
import { redelivery } from '../../../../marbles/conformance/redelivery.js';
import { settle } from '../../../../marbles/conformance/settle.js';
import { suiteOf } from '../../../../marbles/conformance/suite.js';
import { ttl } from '../../../../marbles/conformance/ttl.js';
import { capabilities } from '../../../../src/adapters/redis/capabilities.js';
import type { Broker } from '../../../../src/port/broker.js';
import { describeRedis, freshNamespace, redisPort } from '../../../support/redis/shared.js';
import { deliveryBroker } from './support/delivery-broker.js';

const harness: ConformanceHarness = {
  name: 'redis deliveries',
  capabilities,
  lease: 400,
  patienceMs: 5_000,
  quietMs: 60,
  async open() {
    const opened = async (): Promise<Broker> => {
      const broker = deliveryBroker(redisPort());
      await firstValueFrom(broker.open(), { defaultValue: undefined });
      return broker;
    };
    const [broker, second] = await Promise.all([opened(), opened()]);
    return {
      broker,
      second,
      scope: { tenantId: 'acme', namespace: freshNamespace() },
      now: () => Date.now(),
      advance: (ms) => setTimeout(ms),
      close: async () => {
        await Promise.all([broker, second].map((each) => firstValueFrom(each.close(), { defaultValue: undefined })));
      },
    };
  },
};

describeRedis('the promises about deliveries without an order', () => {
  for (const concern of [claim, settle, lease, redelivery, isolation, ttl]) concern(suiteOf({ describe, it: it.concurrent }, harness));
});
