import type { FaultBackend } from './backend.js';
import { redisAt } from './redis-at.js';
import { clusterServers } from './redis-cluster.js';
import { replicaServers } from './redis-replicas.js';
import { singleServer } from './redis-single.js';

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
