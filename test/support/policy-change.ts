import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import type { Broker } from '../../src/port/broker.js';
import type { ConsumerLink } from '../../src/port/delivery-store.js';
import type { Scope, SubscriptionRef } from '../../src/port/names.js';
import type { Order, SubscriptionPolicy, TopicLimits } from '../../src/port/policy.js';

/** Two processes of one backend. */
export interface Pair {
  readonly broker: Broker;
  readonly other: Broker;
  readonly scope: Scope;
}

const limits: TopicLimits = { maxStreamLen: 1_000, onFull: 'reject', retentionMs: 604_800_000, idempotencyWindowMs: 600_000, shardCount: 1 };
const defaults: SubscriptionPolicy = { visibilityTimeoutMs: 30_000, maxDeliveries: 5, retryBackoffMs: [1_000], deadLetterEnabled: true, order: 'none', expired: 'dead-letter' };

/** Nobody looks by himself so soon after he came: whoever knows by then was told. */
const momentMs = 3_000;

async function put({ topics }: Broker, subscription: SubscriptionRef, policy: Partial<SubscriptionPolicy>): Promise<void> {
  await firstValueFrom(topics.ensureSubscription({ subscription, policy, defaults, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'test' }));
}

/** A consumer of a new subscription, that asks for nothing. */
async function consumer({ broker, scope }: Pair, order: Order): Promise<{ readonly ref: SubscriptionRef; readonly link: ConsumerLink }> {
  const ref = { ...scope, topic: `of-${order}`, subscription: 'billing' };
  await firstValueFrom(broker.topics.ensureTopic({ topic: ref, limits: {}, defaults: limits }));
  await put(broker, ref, { maxDeliveries: 2, order });
  return { ref, link: await firstValueFrom(broker.deliveries.attach(ref, { consumerId: 'c1', consumerName: 'c1' })) };
}

/** What consumers know of a change of policy, and when. */
export function policyChanges(open: () => Promise<Pair>): void {
  for (const order of ['none', 'key'] as const) {
    it(`is known at once to those of the process that made it (order ${order})`, async () => {
      const pair = await open();
      const { ref, link } = await consumer(pair, order);
      await put(pair.broker, ref, { maxDeliveries: 4 });
      expect(link.policy.maxDeliveries).toBe(4);
    });

    it(`is known a moment later to those of another process, which have no claim under way (order ${order})`, async () => {
      const pair = await open();
      const { ref, link } = await consumer(pair, order);
      await put(pair.other, ref, { maxDeliveries: 4 });
      await expect.poll(() => link.policy.maxDeliveries, { timeout: momentMs }).toBe(4);
      await put(pair.other, ref, { maxDeliveries: 6 });
      await expect.poll(() => link.policy.maxDeliveries, { timeout: momentMs }).toBe(6);
    });
  }
}
