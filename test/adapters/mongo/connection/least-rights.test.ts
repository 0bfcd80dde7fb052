import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Chronow } from 'chronow';
import { filter, firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { startReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo } from '../../../support/mongo/shared.js';

const page = readFileSync(fileURLToPath(new URL('../../../../docs/mongo.md', import.meta.url)), 'utf8');

describeMongo('the least rights of docs/mongo.md', () => {
  it('are enough on an empty server: topics, messages, shared values, watchers', async () => {
    const actions = /actions: \[([^\]]+)\]/.exec(page)?.[1]?.match(/\w+/g) ?? [];
    const set = await startReplicaSet({ auth: true });
    onTestFinished(() => set.stop());
    await (await set.primary()).admin({ createRole: 'least', roles: [], privileges: [{ resource: { db: 'chronow_hot', collection: '' }, actions }] });
    const cw = await Chronow.init({ mongoOnly: true, mongo: { uri: await set.addUser('least', ['least']) }, changeStreams: 'required' });
    onTestFinished(() => cw.close());
    const topic = cw.topic<{ readonly id: number }>('orders');
    await cw.bus.ensureSubscription('orders', 's');
    await topic.publish({ id: 1 }, { idempotencyKey: 'one' });
    // From the beginning: the server itself makes its pointers.
    await cw.bus.ensureSubscription('orders', 'late', { startFrom: 'earliest' });
    for (const name of ['s', 'late']) {
      const delivery = await firstValueFrom(topic.subscription(name));
      expect(delivery.payload).toEqual({ id: 1 });
      await delivery.ack();
    }
    const shown = firstValueFrom(cw.shared.watch<number>('limit').pipe(filter((limit) => limit === 5)));
    await cw.shared.set('limit', 5);
    await shown;
    await cw.bus.deleteTopic('orders');
  });
});
