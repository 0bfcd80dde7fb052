import { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { fieldsOf } from '../../support/redis/call.js';
import type { RedisCluster } from '../../support/redis/cluster.js';
import { startCluster } from '../../support/redis/cluster.js';
import { describeRedis } from '../../support/redis/shared.js';

describeRedis('a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  it('is in order on every node, with three masters and a replica each', async () => {
    for (const node of cluster.nodes) expect(fieldsOf(await node.call('CLUSTER', 'INFO'))).toMatchObject({ cluster_state: 'ok', cluster_known_nodes: '6', cluster_size: '3' });
    const masters = await cluster.masters();
    expect(masters).toHaveLength(3);
    const replicas = await Promise.all(masters.map((master) => cluster.replicaOf(master)));
    expect(new Set([...masters, ...replicas]).size).toBe(6);
  });

  it('moves a slot with what is in it', async () => {
    const client = connect();
    await client.set('{moved}a', '1');
    const slot = await cluster.slotOf('{moved}a');
    const before = await cluster.ownerOf(slot);
    await cluster.moveSlot(slot);
    expect(await cluster.ownerOf(slot)).not.toBe(before);
    expect(await client.get('{moved}a')).toBe('1');
    await expect(before.call('GET', '{moved}a')).rejects.toThrow('MOVED');
  });

  it('leaves a slot between two masters for as long as a move takes', async () => {
    const slot = await cluster.slotOf('{between}');
    const source = await cluster.ownerOf(slot);
    const move = await cluster.beginMove(slot);
    await expect(source.call('GET', '{between}')).rejects.toThrow('ASK');
    await move.finish();
    await cluster.inOrder();
    await expect(source.call('GET', '{between}')).rejects.toThrow('MOVED');
  });

  it('lets a replica take the place of its master, in order and after a crash', async () => {
    const [first, second] = await cluster.masters();
    if (first === undefined || second === undefined) throw new Error('no masters');
    const replica = await cluster.replicaOf(first);
    expect(await cluster.failover(first)).toBe(replica);
    expect(await cluster.masters()).toContain(replica);
    expect(await cluster.masters()).not.toContain(first);

    const heir = await cluster.replicaOf(second);
    expect(await cluster.killMaster(second)).toBe(heir);
    const client = connect();
    await client.set('after', '1');
    expect(await client.get('after')).toBe('1');
    await second.restart();
    await cluster.inOrder();
  });

  function connect(): Cluster {
    const client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
    onTestFinished(() => client.disconnect());
    return client;
  }
});
