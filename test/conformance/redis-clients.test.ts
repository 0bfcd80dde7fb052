import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { conformance } from '../../marbles/conformance/index.js';
import { describeRedis, redisPort } from '../support/redis/shared.js';
import { atOnce } from './support/at-once.js';
import { redisHarness } from './support/redis-harness.js';
import { removeNamespace } from './support/remove-namespace.js';

// A client that is handed in is only read: one that never connects need not be ended. Our own connections speak RESP2, as redis.test.ts has it.
describeRedis('Redis through a client that is handed in', () => {
  const lazy = (): { readonly host: string; readonly port: number; readonly lazyConnect: true } => ({ host: '127.0.0.1', port: redisPort(), lazyConnect: true });
  const clean = (namespace: string): Promise<void> => removeNamespace(redisPort(), namespace);

  conformance(atOnce, redisHarness('a client of ioredis 5', () => ({ client: new Redis5(lazy()) }), clean));
  conformance(atOnce, redisHarness('a client that speaks RESP3', () => ({ client: new Redis({ ...lazy(), protocol: 3 }) }), clean));
});
