import { memoryBroker } from './adapters/memory/index.js';
import type { ResolvedConfig } from './config/config.js';
import { ChronowError } from './errors.js';
import type { Broker } from './port/broker.js';
import type { Runtime } from './port/runtime.js';

/** The backend that a configuration names, not yet opened. */
export function brokerFor(config: ResolvedConfig, runtime: Runtime): Broker {
  const { kind } = config.backend;
  if (kind === 'memory') return memoryBroker({ runtime, limits: config.clientDefaults.limits });
  throw new ChronowError('UNSUPPORTED', `the ${kind} backend is not part of this version; leave its options out (or set CHRONOW_URL=memory:) to use the embedded one`, { details: { backend: kind } });
}
