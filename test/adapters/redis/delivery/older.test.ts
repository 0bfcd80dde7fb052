import { it } from 'vitest';
import { claim } from '../../../../marbles/conformance/claim.js';
import { isolation } from '../../../../marbles/conformance/isolation.js';
import { settle } from '../../../../marbles/conformance/settle.js';
import { suiteOf } from '../../../../marbles/conformance/suite.js';
import { baselineProbes } from '../../../../src/adapters/redis/connection/probes.js';
import { describeRedis, redisPort } from '../../../support/redis/shared.js';
import { harnessAt } from './support/scene.js';

// What a server from 5.0 on has: no script may read a group.
describeRedis('deliveries with what every server has', () => {
  const harness = harnessAt(() => [redisPort(), redisPort()], { probes: baselineProbes });
  const suite = suiteOf({ describe: (_, body) => { body(); }, it: it.concurrent }, harness);
  for (const concern of [claim, settle, isolation]) concern(suite);
});
