import { conformance } from '../../marbles/conformance/index.js';
import { describeRedis, redisPort } from '../support/redis/shared.js';
import { atOnce } from './support/at-once.js';
import { redisHarness } from './support/redis-harness.js';
import { removeNamespace } from './support/remove-namespace.js';

describeRedis('Redis', () => {
  conformance(atOnce, redisHarness('a single server', () => ({ hosts: [{ host: '127.0.0.1', port: redisPort() }] }), (namespace) => removeNamespace(redisPort(), namespace)));
});
