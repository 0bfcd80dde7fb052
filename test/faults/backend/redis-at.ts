import { redisBroker } from '../../../src/adapters/redis/index.js';
import type { Broker } from '../../../src/port/broker.js';
import type { Runtime } from '../../../src/port/runtime.js';
import type { Address } from './backend.js';

export function redisAt(address: Address, runtime: Runtime): Broker {
  if (address.backend !== 'redis') throw new Error('this is no address of Redis');
  return redisBroker({ ...address.options, runtime });
}
