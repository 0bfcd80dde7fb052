import { expect, it, onTestFinished } from 'vitest';
import { Chronow } from 'chronow';
import type { PointerDocument } from '../../../../src/adapters/mongo/layout/pointer-document.js';
import { failCommand } from '../../../support/mongo/fail-point.js';
import { startReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo, rawClient } from '../../../support/mongo/shared.js';

describeMongo('a publish whose message takes long', () => {
  it('is shown to consumers that met it too early, before it is told', async () => {
    const set = await startReplicaSet();
    onTestFinished(() => set.stop());
    const cw = await Chronow.init({ url: set.uri });
    onTestFinished(() => cw.close({ deadlineMs: 100 }));
    await cw.bus.ensureSubscription('orders', 'billing', { order: 'key' });
    const pointers = rawClient(set.uri).db('chronow_hot').collection<PointerDocument>('cw_deliv');
    const taken = cw.bus.consume('orders', 'billing').next();
    await failCommand(await set.primary(), { failCommands: ['insert'], namespace: 'chronow_hot.cw_log', blockConnection: true, blockTimeMS: 2_000 }, 1);
    const published = cw.bus.publish('orders', 1, { key: 'k', idempotencyKey: 'i' });
    // The consumer has met the pointer without its message, and comes back to it later and later.
    await expect.poll(() => pointers.countDocuments({ lack: { $exists: true } }), { timeout: 5_000 }).toBe(1);
    const id = await published;
    expect(await pointers.countDocuments({ lack: { $exists: true } })).toBe(0);
    expect((await taken).value?.id).toBe(id);
  });
});
