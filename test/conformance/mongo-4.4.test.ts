import { afterAll, beforeAll, expect } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import { startProfile } from '../support/mongo/profile.js';
import { databaseName, describeMongo, dropDatabase, mongoUri } from '../support/mongo/shared.js';
import { since5 } from '../support/mongo/since-5.js';
import { atOnce } from './support/at-once.js';
import { mongoHarness } from './support/mongo-harness.js';

/**
 * What MongoDB 4.4 gets: filters take an estimate of the server's time, and no command asks for what it does not know. The server is a newer one, so this proves the branch and not
 * the version.
 */
describeMongo('MongoDB as before 5.0', () => {
  const database = databaseName();
  conformance(atOnce, mongoHarness('a replica set whose filters do not know the time', () => ({ uri: mongoUri(), database, probes: { serverNow: false } })));
  let profiled = async (): Promise<readonly object[]> => [];
  beforeAll(async () => { profiled = await startProfile(database); });
  afterAll(async () => {
    const commands = await profiled();
    await dropDatabase(database);
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.flatMap(since5)).toEqual([]);
  });
});
