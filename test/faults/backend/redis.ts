import { redisBroker } from '../../../src/adapters/redis/index.js';
import type { Broker } from '../../../src/port/broker.js';
import { systemRuntime } from '../../../src/system-runtime.js';
import type { Address, FaultBackend } from './backend.js';
import { clusterServers } from './redis-cluster.js';
import { replicaServers } from './redis-replicas.js';
import { singleServer } from './redis-single.js';

export function redisAt(address: Address): Broker {
  if (address.backend !== 'redis') throw new Error('this is no address of Redis');
  return redisBroker({ ...address.options, runtime: systemRuntime() });
}

export const redisBackend: FaultBackend = {
  name: 'redis',
  start: (setting) => {
    switch (setting.servers) {
      case 'cluster': return clusterServers(redisAt);
      case 'replicas':
      case 'confirmed': return replicaServers(redisAt, setting);
      default: return singleServer(redisAt, setting);
    }
  },
};
