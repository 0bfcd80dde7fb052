import type { FaultBackend } from './backend.js';
import { replicaSetServers } from './mongo-replicas.js';
import { setOfOne } from './mongo-single.js';

export const mongoBackend: FaultBackend = {
  name: 'mongo',
  start: (setting) => {
    switch (setting.servers) {
      case 'single': return setOfOne(setting);
      case 'replicas': return replicaSetServers();
      default: throw new Error(`over MongoDB no row has the servers "${setting.servers}"`);
    }
  },
};
