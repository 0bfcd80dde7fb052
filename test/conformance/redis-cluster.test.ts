import { afterAll, beforeAll } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import type { RedisCluster } from '../support/redis/cluster.js';
import { startCluster } from '../support/redis/cluster.js';
import { describeRedis } from '../support/redis/shared.js';
import { atOnce } from './support/at-once.js';
import { redisHarness } from './support/redis-harness.js';

describeRedis('Redis Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  conformance(atOnce, redisHarness('a Cluster of three masters with a replica each', () => ({ topology: 'cluster', hosts: cluster.nodes.slice(0, 2).map(({ host, port }) => ({ host, port })) })));
});
