import fc from 'fast-check';
import { it } from 'vitest';
import { removeNamespace } from '../conformance/support/remove-namespace.js';
import { redisHarness } from '../conformance/support/redis-harness.js';
import { describeRedis, redisPort } from '../support/redis/shared.js';
import { openings, play, sequences } from './sequence.js';

/** As for the embedded broker (memory.test.ts), with fewer sequences: they take real time. See docs/model.md. */
const { REDIS_MODEL_RUNS = '64', MODEL_SHRINK = 'no', MODEL_SEED: seed, MODEL_PATH: path, MODEL_REPLAY: replayPath } = process.env;
const again = seed === undefined ? {} : { seed: Number(seed), ...(path === undefined ? {} : { path }) };

/** Sequences of one property run one after the other; several properties side by side use the time that each waits. */
const lanes = 8;

describeRedis('the model on Redis', () => {
  const harness = redisHarness('redis', () => ({ hosts: [{ host: '127.0.0.1', port: redisPort() }] }), (namespace) => removeNamespace(redisPort(), namespace));
  for (let lane = 1; lane <= (seed === undefined ? lanes : 1); lane += 1) {
    it.concurrent(`Redis does nothing that the model does not allow, over any sequence of commands (${String(lane)})`, { timeout: 900_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(openings, sequences(40, replayPath), (opening, commands) => play(harness, opening, commands)),
        // In real time shrinking takes minutes, and what is found again may be another failure: only on demand.
        { numRuns: Math.ceil(Number(REDIS_MODEL_RUNS) / lanes), endOnFailure: MODEL_SHRINK === 'no', ...again },
      );
    });
  }
});
