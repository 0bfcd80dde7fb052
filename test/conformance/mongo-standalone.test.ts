import { afterAll, beforeAll } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import { pollingCapabilities } from '../../src/adapters/mongo/capabilities.js';
import { startMember, type Member } from '../support/mongo/member.js';
import { describeMongo } from '../support/mongo/shared.js';
import { atOnce } from './support/at-once.js';
import { mongoHarness } from './support/mongo-harness.js';

/** Without change streams: everybody polls. */
describeMongo('MongoDB without a replica set', () => {
  let member: Member;
  beforeAll(async () => { member = await startMember(); });
  afterAll(() => member.stop());
  conformance(atOnce, mongoHarness('a standalone server', () => ({ uri: member.uri, pollMs: 100 }), pollingCapabilities));
});
