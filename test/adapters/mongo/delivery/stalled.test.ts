import { expect, it, onTestFinished } from 'vitest';
import { failCommand } from '../../../support/mongo/fail-point.js';
import { startReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { bodies, openStage } from './support/stage.js';

describeMongo('Mongo deliveries: a claim that takes longer than a lease', () => {
  it('gives back what it took, and tells which leases it ended; the next one hands it out with its true count', async () => {
    const set = await startReplicaSet();
    onTestFinished(() => set.stop());
    const stage = await openStage({ uri: set.uri });
    await stage.queue({ order: 'key', visibilityTimeoutMs: 500 });
    await stage.publish({ body: 'a', key: 'k' });
    const taken = await (await stage.consumer()).takeOne();
    await failCommand(await set.primary(), { failCommands: ['find'], namespace: `${stage.log.dbName}.cw_log`, blockConnection: true, blockTimeMS: 600 }, 1);
    const again = await (await stage.consumer()).take(1);
    expect(bodies(again)).toEqual(['a']);
    expect(again[0]?.deliveryCount).toBe(2);
    expect(stage.events).toMatchObject([{ type: 'lease-lapsed', id: taken.message.id, deliveryCount: 1 }]);
  });
});
