import { firstValueFrom } from 'rxjs';
import { onTestFinished } from 'vitest';
import { mongoBroker, type MongoBrokerOptions } from '../../../../src/adapters/mongo/index.js';
import type { Broker } from '../../../../src/port/broker.js';
import { describeMongo, freshDatabase, mongoUri } from '../../../support/mongo/shared.js';
import { policyChanges } from '../../../support/policy-change.js';

async function opened(options: Omit<MongoBrokerOptions, 'uri'>): Promise<Broker> {
  const broker = mongoBroker({ uri: mongoUri(), ...options });
  await firstValueFrom(broker.open());
  onTestFinished(() => firstValueFrom(broker.close()));
  return broker;
}

for (const changeStreams of ['auto', 'off'] as const) {
  describeMongo(`a change of policy in MongoDB, change streams ${changeStreams}`, () => {
    policyChanges(async () => {
      const options = { database: freshDatabase(), changeStreams, pollMs: 200 };
      return { broker: await opened(options), other: await opened(options), scope: { tenantId: 'acme', namespace: 'shop' } };
    });
  });
}
