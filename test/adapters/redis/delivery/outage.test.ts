import { afterEach, beforeEach, expect, it } from 'vitest';
import { bodies, numbered } from '../../../../marbles/conformance/defaults.js';
import { shardKeys, subscriptionKeys } from '../../../../src/adapters/redis/layout/shard-keys.js';
import { asList } from '../../../../src/adapters/redis/connection/reply.js';
import { tickScript } from '../../../../src/adapters/redis/delivery/scripts/tick.js';
import { KeySpace } from '../../../../src/keys/key-space.js';
import { openTo } from '../../../support/redis/connection.js';
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

  it('a call that takes leases back, and was carried out late, takes none', async () => {
    const scene = await sceneAt(server.port);
    const queue = await scene.queue({ visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, ...numbered(3));
    const held = await (await scene.consumer(queue)).take(3);
    await scene.passBeyond(scene.lease);
    const connection = await openTo(server);
    const keys = new KeySpace('cw:');
    const shard = shardKeys(keys, queue, 0);
    const own = subscriptionKeys(keys, shard, queue.subscription);
    const names = [shard.topic, own.retry, own.solo, own.delayed, own.held, own.dead, own.deadBody, own.seen, shard.subs, own.state, shard.meta, own.open];
    const tookBack = async (latest: number): Promise<number> => asList(await connection.run(tickScript, names, [own.group, queue.subscription, '', 500, 10, 1, '-', latest])).length - 9;
    expect(await tookBack(Date.now() - 1_000)).toBe(0);
    expect(await tookBack(Date.now() + 1_000)).toBe(held.length);
  });

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
