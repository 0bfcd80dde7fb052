import { of } from 'rxjs';
import { memoryBroker } from '../../../src/adapters/memory/index.js';
import { over } from '../../conformance/support/over.js';
import { startProxy } from '../../support/proxy/proxy.js';
import type { FaultBackend } from './backend.js';

function cannot(): never {
  throw new Error('the embedded broker has no server to do that to');
}

/** The embedded broker: one for all members. For the harness itself, and for planted bugs. */
export const memoryBackend: FaultBackend = {
  name: 'memory',
  start: async () => {
    const broker = memoryBroker();
    const shared = over(broker, { open: () => of(undefined), close: () => of(undefined) });
    const proxy = await startProxy({ port: 1 });
    return {
      durability: { survives: ['process-crash'], rewinds: [] },
      address: () => ({ backend: 'memory' }),
      broker: () => shared,
      proxy,
      kill: cannot,
      restart: cannot,
      freeze: cannot,
      thaw: cannot,
      command: cannot,
      change: cannot,
      footprint: async () => ({}),
      stop: () => proxy.stop(),
    };
  },
};
