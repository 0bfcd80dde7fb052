import { KeySpace } from '../../../src/keys/key-space.js';
import { startProxy } from '../../support/proxy/proxy.js';
import { startCluster } from '../../support/redis/cluster.js';
import type { SingleServer } from '../../support/redis/single.js';
import type { Servers } from './backend.js';
import { quick } from './redis-options.js';

/** Three masters with a replica each. */
export async function clusterServers(broker: Servers['broker']): Promise<Servers> {
  const cluster = await startCluster();
  const proxy = await startProxy({ port: cluster.nodes[0]?.port ?? 0 });
  const keys = new KeySpace('cw:');
  let killed: SingleServer | undefined;
  const slotOf = (topic: string): Promise<number> => cluster.slotOf(keys.topicKey({ tenantId: 'default', namespace: 'default', topic }, 0));
  const owner = async (topic: string): Promise<SingleServer> => cluster.ownerOf(await slotOf(topic));
  return {
    durability: { survives: ['process-crash', 'server-crash'], rewinds: ['failover'] },
    address: () => ({ backend: 'redis', options: { deadlineMs: 4_000, retryMs: quick.retryMs, topology: 'cluster', hosts: cluster.nodes.map(({ host, port }) => ({ host, port })) } }),
    broker,
    proxy,
    kill: async () => { throw new Error('of a cluster one master is killed: kill-master'); },
    restart: async () => {
      await killed?.restart();
      killed = undefined;
    },
    freeze: () => { throw new Error('a cluster is not frozen as a whole'); },
    thaw: () => undefined,
    command: async (name, ...args) => Promise.all((await cluster.masters()).map((master) => master.call(String(name), ...args))),
    change: async (how, topic) => {
      if (how === 'move-slot') await cluster.moveSlot(await slotOf(topic));
      else if (how === 'failover') await cluster.failover(await owner(topic));
      else if (how === 'kill-master') {
        killed = await owner(topic);
        await cluster.killMaster(killed);
      } else if (how === 'old-master') {
        await killed?.restart();
        killed = undefined;
        await cluster.inOrder();
      } else throw new Error(`a cluster has no ${how}`);
    },
    footprint: async () => ({}),
    stop: async () => {
      await proxy.stop();
      await cluster.stop();
    },
  };
}
