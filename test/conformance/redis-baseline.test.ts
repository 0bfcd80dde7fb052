import { afterAll, beforeAll } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import { baselineProbes } from '../../src/adapters/redis/connection/probes.js';
import type { BaselineServer } from '../support/redis/baseline.js';
import { startBaseline } from '../support/redis/baseline.js';
import { describeRedis } from '../support/redis/shared.js';
import { atOnce } from './support/at-once.js';
import { redisHarness } from './support/redis-harness.js';

describeRedis('Redis 5.0', () => {
  let old: BaselineServer;
  beforeAll(async () => {
    old = await startBaseline();
  });
  afterAll(() => old.server.stop());

  const options = (): object => ({ hosts: [old.server.target], username: old.user.username, password: old.user.password, probes: baselineProbes });
  conformance(atOnce, redisHarness('a server without anything newer than 5.0', options));
});
