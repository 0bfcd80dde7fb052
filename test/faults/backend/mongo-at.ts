import { mongoBroker } from '../../../src/adapters/mongo/index.js';
import type { Broker } from '../../../src/port/broker.js';
import type { Runtime } from '../../../src/port/runtime.js';
import type { Address } from './backend.js';

export function mongoAt(address: Address, runtime: Runtime): Broker {
  if (address.backend !== 'mongo') throw new Error('this is no address of MongoDB');
  return mongoBroker({ ...address.options, runtime });
}
