import { expect, test } from 'vitest';
import { chronosConfiguration } from '../../../../src/adapters/chronos/configuration.js';

const target = { uri: 'mongodb://h', database: 'messaging' };

test('the configuration for chronos-db has the parts that its checks ask for', () => {
  expect(chronosConfiguration(target, undefined)).toEqual({
    dbConnections: { 'chronow-messaging': { mongoUri: 'mongodb://h' } },
    spacesConnections: { unused: { endpoint: 'http://127.0.0.1:1', region: 'none', accessKey: 'none', secretKey: 'none' } },
    databases: { runtime: { tenantDatabases: [] }, messaging: { dbConnRef: 'chronow-messaging', dbName: 'messaging' } },
    routing: {},
    collectionMaps: {},
  });
});

test('it keeps what was given, and turns a list of tenants into one database', () => {
  const given = {
    dbConnections: { main: { mongoUri: 'mongodb://m' } },
    spacesConnections: { s3: { endpoint: 'e' } },
    databases: { logs: { dbConnRef: 'main' }, messaging: { tenantDatabases: [{ tenantId: 'a', dbConnRef: 'main', dbName: 'x' }] } },
    routing: { hashAlgo: 'rendezvous' },
    other: 1,
  };
  expect(chronosConfiguration(target, given)).toMatchObject({
    dbConnections: { main: { mongoUri: 'mongodb://m' }, 'chronow-messaging': { mongoUri: 'mongodb://h' } },
    spacesConnections: { s3: { endpoint: 'e' } },
    databases: { logs: { dbConnRef: 'main' }, messaging: { dbConnRef: 'chronow-messaging', dbName: 'messaging' } },
    routing: { hashAlgo: 'rendezvous' },
    other: 1,
  });
});

test('it keeps deliveries where that is asked for', () => {
  expect(chronosConfiguration({ ...target, captureDeliveries: true }, undefined)).toMatchObject({ databases: { messaging: { dbConnRef: 'chronow-messaging', dbName: 'messaging', captureDeliveries: true } } });
  expect(JSON.stringify(chronosConfiguration({ ...target, captureDeliveries: false }, undefined))).not.toContain('captureDeliveries');
});
