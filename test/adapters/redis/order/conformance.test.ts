import { setTimeout } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { describe, it } from 'vitest';
import { capabilities } from '../../../../src/adapters/redis/capabilities.js';
import type { Broker } from '../../../../src/port/broker.js';
import type { Order } from '../../../../src/port/policy.js';
import type { ConformanceHarness, ConformanceRunner } from '../../../../marbles/conformance/index.js';
import { claim } from '../../../../marbles/conformance/claim.js';
import { close } from '../../../../marbles/conformance/close.js';
import { deadLetters } from '../../../../marbles/conformance/dead-letters.js';
import { fanOut } from '../../../../marbles/conformance/fan-out.js';
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
import { subscriptions } from '../../../../marbles/conformance/subscriptions.js';
import { suiteOf } from '../../../../marbles/conformance/suite.js';
import { topics } from '../../../../marbles/conformance/topics.js';
import { ttl } from '../../../../marbles/conformance/ttl.js';
import { describeRedis, freshNamespace, redisPort } from '../../../support/redis/shared.js';
import { orderBroker } from './support/order-broker.js';

/** About subscriptions without an order, or about a stored policy as a whole. */
const unordered = [/without order/, /an option that is (named|omitted)/, /an option that differs/, /listed with their policies/];
/** Where one waits, all wait: nobody has anything beside a message that is leased, or waits. */
const notStrict = [/order key: (what was|a held|no succ)/, /from elsewhere (that is unsettled|that the topic retains)/, /from elsewhere is leased, retried/];

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
      const concerns = order === 'key' ? [claim, close, fanOut, inspection, isolation, lease, retention, schedule, settle, subscriptions, topics] : [];
      for (const concern of [...concerns, redelivery, ttl, orderKey, orderConcern, deadLetters, replay]) concern(suiteOf(runner(order), harness(order)));
    });
  }
});
