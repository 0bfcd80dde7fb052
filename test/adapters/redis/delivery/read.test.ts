import { afterEach, beforeEach, expect, it } from 'vitest';
import { bodies, numbered } from '../../../../marbles/conformance/defaults.js';
import { startProxy, type Proxy } from '../../../support/proxy/proxy.js';
import { rawClient, describeRedis, redisPort } from '../../../support/redis/shared.js';
import { companionOf, sceneAt, scriptNames, streamOf } from './support/scene.js';

describeRedis('reading', () => {
  let proxy: Proxy;
  beforeEach(async () => { proxy = await startProxy({ port: redisPort(), scripts: scriptNames }); });
  afterEach(() => proxy.stop());

  it.each([1, 2, 10, 100])('a claim of %d never holds more, however much came back and is new', async (max) => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    // Once it found nothing that came back, it reads both streams at once.
    await two.nothing();
    await scene.publish(queue, ...numbered(300));
    await one.release(await one.take(150));
    const { deliveries } = await two.look(max);
    expect(deliveries.length).toBeGreaterThan(0);
    expect(deliveries.length).toBeLessThanOrEqual(max);
    await scene.counts(queue, { leased: deliveries.length, waiting: 300 - deliveries.length });
  });

  it('a claim that is stopped strands nothing, whenever the message comes', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    let taken = 0;
    for (let round = 0; round < 60; round += 1) {
      const waiting = one.claim(5);
      if (round % 3 > 0) await scene.pass(round % 5);
      const published = scene.publish(queue, `m${round}`);
      waiting.stop();
      await published;
      const { deliveries } = await scene.answer(waiting);
      taken += deliveries.length;
      await one.ack(deliveries);
    }
    const rest = await two.all(100);
    expect(taken + rest.length).toBe(60);
  });

  it('what came with an answer that was lost comes again long before its lease ends, as if it had not been read', async () => {
    const scene = await sceneAt(proxy.port, {}, redisPort());
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const waiting = consumer.claim(5);
    await scene.pass(100);
    const fault = proxy.inject({ kind: 'drop-reply', command: 'xreadgroup', filled: true });
    await scene.publish(queue, 'a', 'b');
    await fault.struck;
    await expect(scene.answer(waiting)).rejects.toMatchObject({ code: 'LINK_LOST' });
    const again = await consumer.take(2);
    expect(again.map(({ message, deliveryCount }) => [message.body, deliveryCount])).toEqual([['a', 1], ['b', 1]]);
  });

  it('the same where a script took it', async () => {
    const scene = await sceneAt(proxy.port, {}, redisPort());
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(3));
    const consumer = await scene.consumer(queue);
    proxy.inject({ kind: 'drop-reply', command: 'take' });
    const taken = [];
    for (let round = 0; round < 3; round += 1) taken.push(await consumer.takeOne());
    expect(taken.map(({ message, deliveryCount }) => [message.body, deliveryCount]).sort()).toEqual(numbered(3).map((body) => [body, 1]));
  });

  it('what somebody else wrote goes to the dead letters once, and what is behind it is handed out', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    const events = scene.events();
    const redis = rawClient();
    await redis.xadd(streamOf(scene), '*', 'who', 'knows');
    await redis.xadd(streamOf(scene), '*', 'b', 'x', 'h', 'no json');
    await scene.publish(queue, 'ours');
    const consumer = await scene.consumer(queue);
    expect(bodies(await consumer.all())).toEqual(['ours']);
    await scene.counts(queue, { dead: 2, waiting: 0, leased: 1 });
    expect((await events.first('dead-lettered')).reason).toBe('Undecodable');
  });

  it('a group that somebody removed is made again, and the claim goes on', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const waiting = consumer.claim(5);
    await scene.pass(50);
    await rawClient().xgroup('DESTROY', streamOf(scene), 'billing');
    await scene.pass(50);
    await scene.publish(queue, 'a');
    expect(bodies((await scene.answer(waiting)).deliveries)).toEqual(['a']);
  });

  it.each(['', 'retry:billing', 'solo:billing', 'open:billing'])('a stream that somebody deleted (%s) is made again, and the claim goes on', async (name) => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const waiting = consumer.claim(5);
    await scene.pass(50);
    await rawClient().del(name === '' ? streamOf(scene) : companionOf(scene, name));
    await scene.pass(50);
    await scene.publish(queue, 'a');
    expect(bodies((await scene.answer(waiting)).deliveries)).toEqual(['a']);
    await consumer.release(await consumer.all());
  });

  it('a subscription of which nothing is left ends its consumers', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const waiting = consumer.claim(5);
    await scene.pass(50);
    const redis = rawClient();
    const keys = await redis.keys(`*acme:${scene.scope.namespace}:*`);
    await redis.del(...keys);
    await scene.refusal(waiting, 'SUBSCRIPTION_DELETED');
  });

  it('scripts that the server forgot are sent again', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    for (let round = 0; round < 5; round += 1) {
      await scene.publish(queue, 'a');
      await rawClient().script('FLUSH');
      await consumer.ack(await consumer.takeOne());
    }
    await scene.counts(queue, { leased: 0, waiting: 0 });
  });

  it('an order that another process switches on holds for a claim that waits', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue();
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    await scene.publish(queue, 'first');
    const first = await one.takeOne();
    const waiting = two.claim(5);
    await scene.pass(50);
    await scene.subscribe(scene.ref('orders'), 'billing', { order: 'strict' });
    await scene.publish(queue, 'second');
    await scene.pass(100);
    expect(waiting.state).toBe('open');
    await one.ack(first);
    expect(bodies((await scene.answer(waiting)).deliveries)).toEqual(['second']);
  });

  it('what one process believes to be spent, after another one allowed more deliveries, lives', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue({ maxDeliveries: 1 });
    const [one, late] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    await late.nothing();
    await scene.subscribe(scene.ref('orders'), 'billing', { maxDeliveries: 3 });
    await scene.publish(queue, 'a');
    await one.retry(await one.takeOne(), 0);
    expect((await late.takeOne()).deliveryCount).toBe(2);
    await scene.counts(queue, { dead: 0 });
  });

  it('a consumer that leaves with empty hands is forgotten by the server, one that holds something is not', async () => {
    const scene = await sceneAt(redisPort());
    const queue = await scene.queue({ visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'a');
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2')];
    const held = await one.takeOne();
    const consumers = async (): Promise<number> => ((await rawClient().xinfo('CONSUMERS', streamOf(scene), 'billing')) as unknown[]).length;
    await two.look();
    await two.leave();
    expect(await consumers()).toBe(1);
    await one.leave();
    expect(await consumers()).toBe(1);
    await one.ack(held);
    await scene.eventually(async () => { expect(await consumers()).toBe(0); });
  });
});
