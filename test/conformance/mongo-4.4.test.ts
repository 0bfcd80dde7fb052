import { afterAll } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import { databaseName, describeMongo, dropDatabase, mongoUri } from '../support/mongo/shared.js';
import { atOnce } from './support/at-once.js';
import { mongoHarness } from './support/mongo-harness.js';

/** What MongoDB 4.4 gets: filters take an estimate of the server's time. The server is a newer one, so this proves the branch and not the version. */
describeMongo('MongoDB as before 5.0', () => {
  const database = databaseName();
  conformance(atOnce, mongoHarness('a replica set whose filters do not know the time', () => ({ uri: mongoUri(), database, probes: { serverNow: false } })));
  afterAll(() => dropDatabase(database));
});
