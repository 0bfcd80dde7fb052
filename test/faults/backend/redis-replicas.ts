import { startProxy } from '../../support/proxy/proxy.js';
import { startReplicaSet } from '../../support/redis/replica-set.js';
import type { SingleServer } from '../../support/redis/single.js';
import type { Servers, Setting } from './backend.js';
import { footprintOf } from './redis-footprint.js';
import { quick } from './redis-options.js';

/** A master and its replica, watched by sentinels. With `confirmed` a publish waits until the replica has it. */
export async function replicaServers(broker: Servers['broker'], { servers }: Setting): Promise<Servers> {
  const set = await startReplicaSet();
  const proxy = await startProxy({ port: set.servers[0]?.port ?? 0 });
  const isConfirmed = servers === 'confirmed';
  let killed: SingleServer | undefined;
  let frozen: SingleServer | undefined;
  return {
    durability: { survives: ['process-crash', 'server-crash', ...(isConfirmed ? ['failover' as const] : [])], rewinds: ['failover'] },
    address: () => ({ backend: 'redis', options: { ...quick, topology: 'sentinel', masterName: set.name, hosts: set.sentinels.map(({ host, port }) => ({ host, port })), ...(isConfirmed ? { durability: { replicas: 1, timeoutMs: 1_000 } } : {}) } }),
    broker,
    proxy,
    kill: async () => {
      killed = await set.master();
      await killed.kill9();
    },
    restart: async () => {
      await killed?.restart();
      killed = undefined;
    },
    // What is frozen is the replica: it falls behind.
    freeze: () => {
      void set.replica().then((replica) => {
        frozen = replica;
        replica.freeze();
      });
    },
    thaw: () => {
      frozen?.thaw();
      frozen = undefined;
    },
    command: async (name, ...args) => (await set.master()).call(String(name), ...args),
    change: async (how) => {
      if (how === 'failover') await set.failover();
      else if (how === 'kill-master') {
        killed = await set.master();
        await set.killMaster();
      } else if (how === 'old-master') {
        await killed?.restart();
        killed = undefined;
      } else throw new Error(`a master and its replica have no ${how}`);
    },
    // Who is the master changes, and with it whose the connections are: only the streams are compared.
    footprint: async () => ({ pending: (await footprintOf([(await set.master()).target]))['pending'] ?? 0 }),
    stop: async () => {
      frozen?.thaw();
      await proxy.stop();
      await set.stop();
    },
  };
}
