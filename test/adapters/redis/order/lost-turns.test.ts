import { expect, it } from 'vitest';
import { describeRedis } from '../../../support/redis/shared.js';
import { lossy } from './support/faulty-line.js';
import { nothingLeft, runFlock, type FlockRun } from './support/run-flock.js';
import { seeded } from './support/seeded.js';

describeRedis('turns that are lost on the way', () => {
  for (const one of [
    { order: 'key', keys: 6, messages: 800, window: 16, kills: 2, seed: 5 },
    { order: 'strict', keys: 1, messages: 200, window: 8, kills: 0, seed: 6 },
  ] satisfies readonly FlockRun[]) {
    it(`${one.order}: order holds and nothing stays blocked, whether a turn or its answer was lost, or it was sent twice`, { timeout: 90_000 }, async () => {
      const { log, namespace } = await runFlock(one, lossy(seeded(7), 0.04));
      expect(log.breaks.slice(0, 5)).toEqual([]);
      expect(log.done).toBe(one.messages);
      await nothingLeft(namespace);
    });
  }
});
