import { afterAll } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import { databaseName, describeMongo, dropDatabase, mongoUri } from '../support/mongo/shared.js';
import { atOnce } from './support/at-once.js';
import { mongoHarness } from './support/mongo-harness.js';

describeMongo('MongoDB', () => {
  const database = databaseName();
  conformance(atOnce, mongoHarness('a replica set', () => ({ uri: mongoUri(), database })));
  afterAll(() => dropDatabase(database));
});
