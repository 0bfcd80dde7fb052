import { expect, it } from 'vitest';
import { describeRedis } from '../../../support/redis/shared.js';
import { nothingLeft, runFlock, type FlockRun } from './support/run-flock.js';

describeRedis('order over several processes', () => {
  for (const one of [
    { order: 'key', keys: 5, messages: 1_500, window: 32, kills: 6, seed: 1 },
    { order: 'key', keys: 200, messages: 3_000, window: 64, kills: 6, seed: 2 },
    { order: 'key', keys: 3, messages: 600, window: 2, kills: 4, seed: 3 },
    { order: 'strict', keys: 1, messages: 400, window: 16, kills: 3, seed: 4 },
  ] satisfies readonly FlockRun[]) {
    it(`${one.order}, ${one.keys} keys, window ${one.window}: every key is worked off in order, whoever fails, leaves or dies`, { timeout: 90_000 }, async () => {
      const { log, namespace } = await runFlock(one);
      expect(log.breaks.slice(0, 5)).toEqual([]);
      expect(log.done).toBe(one.messages);
      await nothingLeft(namespace);
    });
  }
});
