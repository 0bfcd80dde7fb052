import { beforeEach, expect, it } from 'vitest';
import { bodies, calmPolicy, message, numbered, wideLimits } from '../../../../marbles/conformance/defaults.js';
import type { Scene } from '../../../../marbles/conformance/scene.js';
import type { SubscriptionRef } from '../../../../src/port/names.js';
import { describeRedis, redisPort } from '../../../support/redis/shared.js';
import { sceneAt } from './support/scene.js';

describeRedis('a subscription over several shards', () => {
  let scene: Scene;
  let queue: SubscriptionRef;
  beforeEach(async () => {
    scene = await sceneAt(redisPort());
    queue = await scene.queue({ visibilityTimeoutMs: scene.lease }, { shardCount: 4 });
  });

  const keyed = (count: number): ReturnType<typeof message>[] => numbered(count).map((body) => message(body, { key: body }));

  it('hands out all of it, never more than asked for, and says which is which', async () => {
    await scene.publish(queue, ...keyed(100));
    const consumer = await scene.consumer(queue);
    const taken = [];
    for (const max of [1, 2, 3, 5, 7, 50, 50, 50, 50]) {
      const { deliveries } = await consumer.look(max);
      expect(deliveries.length).toBeLessThanOrEqual(max);
      await consumer.ack(deliveries);
      taken.push(...deliveries);
    }
    expect(bodies(taken).map(String).sort()).toEqual([...numbered(100)].sort());
    expect(new Set(taken.map(({ message: { id } }) => id)).size).toBe(100);
    await scene.counts(queue, { leased: 0, waiting: 0 });
  });

  it('a claim that waits wakes for each shard, and strands nothing in the others', async () => {
    const consumer = await scene.consumer(queue);
    for (const one of keyed(12)) {
      const waiting = consumer.claim(3);
      await scene.pass(5);
      await scene.publish(queue, one);
      const { deliveries } = await scene.answer(waiting);
      expect(bodies(deliveries)).toEqual([one.body]);
      await consumer.ack(deliveries);
    }
    await scene.publish(queue, ...keyed(12));
    expect((await (await scene.consumer(queue, 'c2', scene.second)).take(12)).length).toBe(12);
  });

  it('settlements and renewals of all shards are one call of the port', async () => {
    await scene.publish(queue, ...keyed(20));
    const consumer = await scene.consumer(queue);
    const held = await consumer.take(20);
    await consumer.ack(held.slice(0, 1));
    expect((await consumer.renew(...held)).lost).toEqual([0]);
    const answer = await consumer.settle(...held.map(({ token }, index) => ({ token, action: index % 2 === 0 ? 'ack' : 'release' }) as const));
    expect(answer).toEqual([]);
    await scene.counts(queue, { leased: 0, waiting: 10 });
  });

  it('leases lapse in each of them', async () => {
    await scene.publish(queue, ...keyed(8));
    await (await scene.consumer(queue)).take(8);
    const again = await (await scene.consumer(queue, 'c2', scene.second)).take(8, 2 * scene.lease);
    expect(again.every(({ deliveryCount }) => deliveryCount === 2)).toBe(true);
  });

  it('shards that a topic gets later are read by those who consume already', async () => {
    const topic = scene.ref('grows');
    const ensure = (limits: { shardCount?: number }): Promise<unknown> => scene.ask(scene.broker.topics.ensureTopic({ topic, limits, defaults: { ...wideLimits, shardCount: 1 } }));
    await ensure({});
    const ref = { ...topic, subscription: 'billing' };
    await scene.ask(scene.broker.topics.ensureSubscription({ subscription: ref, policy: {}, defaults: calmPolicy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'x' }));
    const consumer = await scene.consumer(ref, 'c1', scene.second);
    await ensure({ shardCount: 3 });
    await scene.publish(topic, ...keyed(30));
    expect((await consumer.take(30, 6_000)).length).toBe(30);
  }, 20_000);
});
