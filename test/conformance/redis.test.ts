import { describe, it } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import { describeRedis, redisPort } from '../support/redis/shared.js';
import { removeNamespace } from './support/remove-namespace.js';
import { redisHarness } from './support/redis-harness.js';

// Each promise has a namespace of its own, so they run side by side: most of their time is waiting.
const atOnce = { describe: (name: string, body: () => void) => describe(name, body), it: it.concurrent };

describeRedis('Redis', () => {
  conformance(atOnce, redisHarness('a single server', () => ({ hosts: [{ host: '127.0.0.1', port: redisPort() }] }), (namespace) => removeNamespace(redisPort(), namespace)));
});
