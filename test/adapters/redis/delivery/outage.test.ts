import { afterEach, beforeEach, expect, it } from 'vitest';
import { bodies, numbered } from '../../../../marbles/conformance/defaults.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../../support/redis/single.js';
import { sceneAt } from './support/scene.js';

describeRedis('deliveries through an outage', () => {
  let server: SingleServer;
  beforeEach(async () => { server = await startSingle({ persistence: 'always' }); });
  afterEach(() => server.stop());

  it('a server that stood still for longer than a lease takes nothing from those who renew', async () => {
    const scene = await sceneAt(server.port);
    const queue = await scene.queue({ visibilityTimeoutMs: 600 });
    await scene.publish(queue, ...numbered(20));
    const [holder, other] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const held = await holder.take(20);
    const waiting = other.claim(20);
    const run = { isOver: false };
    const renewing = (async () => {
      const lost = new Set<number>();
      while (!run.isOver) {
        for (const index of (await holder.renew(...held)).lost) lost.add(index);
        await scene.pass(200);
      }
      return lost;
    })();
    await scene.pass(900);
    server.freeze();
    await scene.pass(1_500);
    server.thaw();
    await scene.pass(1_500);
    run.isOver = true;
    expect((await renewing).size).toBe(0);
    expect(waiting.state).toBe('open');
    await holder.ack(held);
    waiting.stop();
    expect((await scene.answer(waiting)).deliveries).toEqual([]);
  }, 20_000);

  it('a server that was killed and comes back finds its consumers, who go on; what was settled stays so', async () => {
    const scene = await sceneAt(server.port);
    const queue = await scene.queue();
    await scene.publish(queue, 'a', 'b');
    const consumer = await scene.consumer(queue);
    const [a] = await consumer.take(2);
    if (a === undefined) throw new Error('two were due');
    await consumer.ack(a);
    const waiting = consumer.claim(5);
    await scene.pass(50);
    await server.kill9();
    await server.restart();
    await scene.publish(queue, 'c');
    const first = await scene.answer(waiting).then(({ deliveries }) => deliveries, () => []);
    expect(bodies([...first, ...(first.length > 0 ? [] : await consumer.take())])).toEqual(['c']);
    await scene.counts(queue, { waiting: 0, leased: 2 });
  }, 20_000);

  it('what a process that died had delayed comes to the others when it is due', async () => {
    const scene = await sceneAt(server.port);
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const [dying, other] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    const held = await dying.take();
    const waiting = other.claim(5);
    await scene.pass(50);
    await dying.retry(held, 300);
    await scene.ask(scene.broker.close());
    const { deliveries } = await scene.answer(waiting, 6_000);
    expect(deliveries.map(({ deliveryCount }) => deliveryCount)).toEqual([2]);
  }, 20_000);
});
