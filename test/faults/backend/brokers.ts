import type { Broker } from '../../../src/port/broker.js';
import type { Runtime } from '../../../src/port/runtime.js';
import type { Address } from './backend.js';
import { mongoAt } from './mongo-at.js';
import { redisAt } from './redis-at.js';

/** The broker of a member, wherever it lives. */
export function brokerAt(address: Address, runtime: Runtime): Broker {
  switch (address.backend) {
    case 'redis': return redisAt(address, runtime);
    case 'mongo': return mongoAt(address, runtime);
    case 'memory': throw new Error('the embedded broker lives in one process');
  }
}
