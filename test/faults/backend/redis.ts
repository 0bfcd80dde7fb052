import { redisBroker } from '../../../src/adapters/redis/index.js';
import type { Broker } from '../../../src/port/broker.js';
import { systemRuntime } from '../../../src/system-runtime.js';
import type { Address } from './backend.js';

/** How long a call may wait for its answer in these tests, ms: short, so that a run sees many ends of it. */
export const callDeadlineMs = 1_000;

export function redisAt(address: Address): Broker {
  if (address.backend !== 'redis') throw new Error('this is no address of Redis');
  return redisBroker({ ...address.options, runtime: systemRuntime() });
}
