import { afterEach, beforeEach, expect, it } from 'vitest';
import { numbered } from '../../../../marbles/conformance/defaults.js';
import { startProxy, type Proxy } from '../../../support/proxy/proxy.js';
import { rawClient, describeRedis, redisPort } from '../../../support/redis/shared.js';
import { startSingle } from '../../../support/redis/single.js';
import { companionOf, sceneAt, scriptNames, streamOf } from './support/scene.js';

describeRedis('settling', () => {
  let proxy: Proxy;
  beforeEach(async () => { proxy = await startProxy({ port: redisPort(), scripts: scriptNames }); });
  afterEach(() => proxy.stop());

  it.each(['ack', 'settle'])('a lost reply to %s is no lost lease', async (command) => {
    const scene = await sceneAt(proxy.port, {}, redisPort());
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(51));
    const consumer = await scene.consumer(queue);
    const [first, ...held] = await consumer.take(51);
    if (first === undefined) throw new Error('51 were due');
    // From here on the server knows the script.
    await (command === 'ack' ? consumer.ack(first) : consumer.bury(first));
    const fault = proxy.inject({ kind: 'drop-reply', command });
    const action = command === 'ack' ? 'ack' : 'retry';
    expect(await consumer.settle(...held.map(({ token }) => ({ token, action, delayMs: 600_000 }) as const))).toEqual([]);
    expect(fault.strikes).toBe(1);
    await scene.counts(queue, { leased: 0, delayed: action === 'ack' ? 0 : 50, waiting: 0 });
  });

  it('a call without an answer in time is made again first, and answers as it would have', async () => {
    const scene = await sceneAt(proxy.port, { deadlineMs: 300 }, redisPort());
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(4));
    const consumer = await scene.consumer(queue);
    const held = await consumer.take(4);
    proxy.inject({ kind: 'swallow', command: 'settle' });
    const settlements = held.slice(0, 3).map(({ token }) => ({ token, action: 'dead-letter', failure: { reason: 'Bad' } }) as const);
    await expect(consumer.settle(...settlements)).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(await consumer.settle(...settlements)).toEqual([]);
    await consumer.ack(held.slice(3));
    await scene.counts(queue, { leased: 0, dead: 3 });
  });

  it('what comes while a call is under way goes out together', async () => {
    const scene = await sceneAt(proxy.port, {}, redisPort());
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(20));
    const consumer = await scene.consumer(queue);
    const held = await consumer.take(20);
    const before = proxy.requests('ack');
    await Promise.all(held.map((one) => consumer.ack(one)));
    expect(proxy.requests('ack') - before).toBeLessThanOrEqual(2);
  });

  it('9,000 acknowledgements are one call of the port', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    for (let batch = 0; batch < 9; batch += 1) await scene.publish(queue, ...numbered(1_000));
    const consumer = await scene.consumer(queue);
    await consumer.ack(await consumer.take(9_000));
    await scene.counts(queue, { leased: 0, waiting: 0 });
  });

  it('where one item cannot be done, it alone stays leased', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(4));
    const consumer = await scene.consumer(queue);
    const [m0, m1, m2, m3] = await consumer.take(4);
    const redis = rawClient();
    await redis.del(companionOf(scene, 'dead:billing'));
    await redis.set(companionOf(scene, 'dead:billing'), 'of somebody else');
    if (m0 === undefined || m1 === undefined || m2 === undefined || m3 === undefined) throw new Error('four were due');
    const settle = [
      { token: m0.token, action: 'ack' },
      { token: m1.token, action: 'dead-letter', failure: { reason: 'Bad' } },
      { token: m2.token, action: 'retry', delayMs: 600_000 },
    ] as const;
    expect(await consumer.settle(...settle)).toMatchObject([{ index: 1, result: 'failed', error: { code: 'FOREIGN_VALUE' } }]);
    expect((await consumer.renew(m1, m3)).lost).toEqual([]);
    await redis.del(companionOf(scene, 'dead:billing'));
    expect(await consumer.settle(settle[1])).toEqual([]);
    await consumer.ack(m3);
    await scene.counts(queue, { leased: 0, delayed: 1, dead: 1 });
  });

  it('a message that was removed while it was leased is lost, and missed', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(2));
    const consumer = await scene.consumer(queue);
    const events = scene.events();
    const [m0, m1] = await consumer.take(2);
    if (m0 === undefined || m1 === undefined) throw new Error('two were due');
    await rawClient().xdel(streamOf(scene), m0.message.id);
    expect(await consumer.settle({ token: m0.token, action: 'retry' }, { token: m1.token, action: 'ack' })).toEqual([{ index: 0, result: 'lost' }]);
    expect(await events.first('gap')).toMatchObject({ missed: 1 });
    await scene.counts(queue, { leased: 0 });
  });
});

describeRedis('settling on a server that is full', () => {
  it('retries, releases, dead letters and lapses pass, on their own and mixed', async () => {
    const server = await startSingle({ persistence: 'none' });
    try {
      const scene = await sceneAt(server.port);
      const queue = await scene.queue({ visibilityTimeoutMs: scene.lease, maxDeliveries: 2 });
      await scene.publish(queue, ...numbered(6));
      const consumer = await scene.consumer(queue);
      const [m0, m1, m2, m3, ...rest] = await consumer.take(6);
      await server.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await server.call('CONFIG', 'SET', 'maxmemory', '1mb');
      await expect(scene.publish(queue, 'more')).rejects.toMatchObject({ code: 'LINK_LOST' });
      if (m0 === undefined || m1 === undefined || m2 === undefined || m3 === undefined) throw new Error('six were due');
      await consumer.retry(m0, 600_000);
      await consumer.bury(m1);
      await consumer.release(m2);
      await consumer.ack(m3);
      await scene.passBeyond(scene.lease);
      const again = await consumer.take(3, scene.lease);
      expect(again.map(({ deliveryCount }) => deliveryCount).sort()).toEqual([1, ...rest.map(() => 2)]);
    } finally {
      await server.stop();
    }
  }, 20_000);
});
