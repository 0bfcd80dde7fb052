import { afterAll, beforeAll, expect, it } from 'vitest';
import { asList, asTexts } from '../../../../src/adapters/redis/connection/reply.js';
import { convertOrder } from '../../../../src/adapters/redis/order/convert.js';
import type { RedisCluster } from '../../../support/redis/cluster.js';
import { startCluster } from '../../../support/redis/cluster.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { ask, freshTopic, message, openDesk, streamOf } from '../topics/support.js';
import type { Desk } from '../topics/support.js';

describeRedis('topics and publishing in a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster.stop());

  const open = (): Promise<Desk> => {
    const [first] = cluster.nodes;
    return openDesk({ convertOrder, connection: { topology: 'cluster', hosts: first === undefined ? [] : [{ host: first.host, port: first.port }] } });
  };

  it('spread over its masters by message key, made and deleted whole', async () => {
    const desk = await open();
    const topic = freshTopic();
    await desk.topic(topic, { shardCount: 6 });
    await desk.subscribe(topic, 'billing', { order: 'key' });
    const receipts = await desk.publish(topic, ...Array.from({ length: 60 }, (_, index) => message(`m${index}`, { key: `k${index}`, idempotencyKey: 'i' })));
    expect(new Set(receipts.map(({ id }) => (id.includes(':') ? id.split(':')[0] : '0'))).size).toBe(6);
    const lengths = await Promise.all(Array.from({ length: 6 }, (_, shard) => desk.context.connection.command('xlen', streamOf(topic, shard))));
    expect(lengths.reduce((sum: number, length) => sum + Number(length), 0)).toBe(60);
    expect((await ask(desk.directory.listTopics(topic))).map(({ ref }) => ref.topic)).toEqual(['orders']);
    expect(await ask(desk.directory.deleteTopic(topic))).toBe(true);
    expect(await ask(desk.directory.listTopics(topic))).toEqual([]);
  });

  it('whose slot is left half moved go on: nothing is rejected, nothing stored twice', { timeout: 60_000 }, async () => {
    const desk = await open();
    const topic = freshTopic();
    await desk.topic(topic);
    await desk.subscribe(topic, 'billing');
    await desk.publish(topic, 'first');
    const move = await cluster.beginMove(await cluster.slotOf(streamOf(topic)));
    const sent: string[] = ['first'];
    const publish = async (body: string): Promise<void> => {
      await desk.publish(topic, sent.length % 3 === 0 ? message(body, { key: 'k', idempotencyKey: body }) : message(body));
      sent.push(body);
    };
    for (let round = 0; round < 30; round += 1) await Promise.all(Array.from({ length: 5 }, (_, index) => publish(`half ${round}/${index}`)));
    await desk.retention.trim(topic, 0);
    await desk.subscribe(topic, 'billing', { maxDeliveries: 9 });
    await move.finish();
    for (let round = 0; round < 5; round += 1) await publish(`moved ${round}`);
    const entries = await desk.context.connection.command('xrange', streamOf(topic), '-', '+');
    const stored = asList(entries).map((entry) => asTexts(asList(entry)[1])[1]);
    expect(stored.sort()).toEqual(sent.sort());
  });
});
