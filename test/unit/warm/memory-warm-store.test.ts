import { firstValueFrom } from 'rxjs';
import { describe } from 'vitest';
import { memoryWarmStore } from '../../../src/adapters/memory/index.js';
import { virtualRuntime } from '../../support/virtual-runtime.js';
import { topic, warmStoreSentences } from '../../support/warm/sentences.js';

describe('the memory warm store', () => {
  warmStoreSentences(() => {
    const runtime = virtualRuntime();
    const store = memoryWarmStore({ runtime });
    return {
      store,
      pass: (days) => { runtime.advance(days * 86_400_000); },
      deadBodies: async () => (await firstValueFrom(store.deadLetters({ ...topic, subscription: 's' }))).map(({ message }) => message.body),
      settled: async () => firstValueFrom(store.deliveries({ ...topic, subscription: 's' })),
    };
  });
});
