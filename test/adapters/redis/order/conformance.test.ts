import { setTimeout } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { describe, it } from 'vitest';
import { capabilities } from '../../../../src/adapters/redis/capabilities.js';
import type { Broker } from '../../../../src/port/broker.js';
import type { Order } from '../../../../src/port/policy.js';
import type { ConformanceHarness, ConformanceRunner } from '../../../../marbles/conformance/index.js';
import { deadLetters } from '../../../../marbles/conformance/dead-letters.js';
import { inspection } from '../../../../marbles/conformance/inspection.js';
import { isolation } from '../../../../marbles/conformance/isolation.js';
import { lease } from '../../../../marbles/conformance/lease.js';
import { order as orderConcern } from '../../../../marbles/conformance/order.js';
import { orderKey } from '../../../../marbles/conformance/order-key.js';
import { redelivery } from '../../../../marbles/conformance/redelivery.js';
import { replay } from '../../../../marbles/conformance/replay.js';
import { retention } from '../../../../marbles/conformance/retention.js';
import { schedule } from '../../../../marbles/conformance/schedule.js';
import { settle } from '../../../../marbles/conformance/settle.js';
import { suiteOf } from '../../../../marbles/conformance/suite.js';
import { ttl } from '../../../../marbles/conformance/ttl.js';
import { describeRedis, freshNamespace, redisPort } from '../../../support/redis/shared.js';
import { orderBroker } from './support/order-broker.js';

/** About subscriptions without an order. */
const unordered = [/without order/];
/** Where one waits, all wait: nobody has anything beside a message that is leased, or waits. */
const notStrict = [/order key: (what was|a held|no succ)/];

function harness(order: Order): ConformanceHarness {
  return {
    name: order,
    capabilities,
    lease: 400,
    patienceMs: 5_000,
    quietMs: 60,
    async open() {
      const opened = async (): Promise<Broker> => {
        const broker = orderBroker(redisPort(), order);
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
}

function runner(order: Order): ConformanceRunner {
  const left = order === 'strict' ? [...unordered, ...notStrict] : unordered;
  return {
    describe,
    it: (sentence, body) => {
      if (!left.some((one) => one.test(sentence))) it.concurrent(sentence, body);
    },
  };
}

describeRedis('the promises about deliveries, in subscriptions that keep an order', () => {
  for (const order of ['key', 'strict'] satisfies readonly Order[]) {
    describe(order, () => {
      const concerns = order === 'key' ? [settle, lease, isolation, inspection, retention, schedule] : [];
      for (const concern of [...concerns, redelivery, ttl, orderKey, orderConcern, deadLetters, replay]) concern(suiteOf(runner(order), harness(order)));
    });
  }
});
