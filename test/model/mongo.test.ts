import fc from 'fast-check';
import { afterAll, it } from 'vitest';
import type { ConformanceHarness } from '../../marbles/conformance/index.js';
import { mongoHarness } from '../conformance/support/mongo-harness.js';
import { databaseName, describeMongo, dropDatabase, mongoUri } from '../support/mongo/shared.js';
import { openings, play, sequences } from './sequence.js';

/** As for the embedded broker (memory.test.ts), with fewer sequences: they take real time. See docs/model.md. */
const { MONGO_MODEL_RUNS: runs = '24', MODEL_SHRINK = 'no', MODEL_SEED: seed, MODEL_PATH: path, MODEL_REPLAY: replayPath } = process.env;
const again = seed === undefined ? {} : { seed: Number(seed), ...(path === undefined ? {} : { path }) };

/** Sequences of one property run one after the other; several properties side by side use the time that each waits. */
const lanes = 8;

/** Every fourth one as with a server before 5.0, whose filters take an estimate of its time. */
const isOld = (lane: number): boolean => lane % 4 === 0;

describeMongo('the model on MongoDB', () => {
  const database = databaseName();
  const harness = (lane: number): ConformanceHarness => mongoHarness('mongo', () => ({ uri: mongoUri(), database, ...(isOld(lane) ? { probes: { serverNow: false } } : {}) }));
  for (let lane = 1; lane <= (seed === undefined ? lanes : 1); lane += 1) {
    it.concurrent(`MongoDB does nothing that the model does not allow, over any sequence of commands (${String(lane)})`, { timeout: 900_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(openings, sequences(40, replayPath), (opening, commands) => play(harness(lane), opening, commands)),
        // In real time shrinking takes minutes, and what is found again may be another failure: only on demand.
        { numRuns: Math.ceil(Number(runs) / lanes), endOnFailure: MODEL_SHRINK === 'no', ...again },
      );
    });
  }
  afterAll(() => dropDatabase(database));
});
