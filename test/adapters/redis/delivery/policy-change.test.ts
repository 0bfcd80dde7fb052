import { firstValueFrom } from 'rxjs';
import { onTestFinished } from 'vitest';
import { redisBroker } from '../../../../src/adapters/redis/index.js';
import type { Broker } from '../../../../src/port/broker.js';
import { policyChanges } from '../../../support/policy-change.js';
import { describeRedis, freshNamespace, redisPort } from '../../../support/redis/shared.js';

async function opened(): Promise<Broker> {
  const broker = redisBroker({ hosts: [{ host: '127.0.0.1', port: redisPort() }] });
  await firstValueFrom(broker.open());
  onTestFinished(() => firstValueFrom(broker.close()));
  return broker;
}

describeRedis('a change of policy in Redis', () => {
  policyChanges(async () => ({ broker: await opened(), other: await opened(), scope: { tenantId: 'acme', namespace: freshNamespace() } }));
});
