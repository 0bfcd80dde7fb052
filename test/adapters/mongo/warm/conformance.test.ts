import { firstValueFrom } from 'rxjs';
import { onTestFinished } from 'vitest';
import { mongoWarmStore } from '../../../../src/adapters/mongo/warm/warm-store.js';
import { describeMongo, freshDatabase, mongoUri, rawClient } from '../../../support/mongo/shared.js';
import { recordOf, warmStoreSentences } from '../../../support/warm/sentences.js';
import { shiftedRuntime } from '../../../support/warm/shifted-runtime.js';

describeMongo('the warm store in MongoDB', () => {
  warmStoreSentences(() => {
    const database = freshDatabase();
    const { runtime, pass } = shiftedRuntime();
    const store = mongoWarmStore({ others: { uri: mongoUri(), database }, runtime });
    onTestFinished(() => firstValueFrom(store.close()));
    const letters = rawClient().db(database).collection('dead_letters');
    const settled = rawClient().db(database).collection('deliveries');
    return {
      store,
      pass,
      deadBodies: async () => (await letters.find({ subscription: 's', expiresAt: { $gt: new Date(runtime.now()) } }).sort({ _id: 1 }).toArray()).map((letter) => JSON.stringify(letter['payload'])).sort(),
      settled: async () => (await settled.find({ topic: 't', subscription: 's', $or: [{ expiresAt: { $exists: false } }, { expiresAt: { $gt: new Date(runtime.now()) } }] }).toArray()).map(recordOf),
    };
  });
});
