import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ChronowConfig } from '../../../src/config/config.js';
import { resolveConfig } from '../../../src/config/resolve.js';
import { refusal } from './support.js';

const tenants = (...names: string[]): ChronowConfig['chronos'] => ({
  config: {
    dbConnections: { main: { mongoUri: 'mongodb://main:27017' }, other: { mongoUri: 'mongodb://other:27017' } },
    spacesConnections: {},
    databases: { messaging: { tenantDatabases: names.map((tenantId, index) => ({ tenantId, dbConnRef: index === 0 ? 'main' : 'other', dbName: `chronow_${tenantId}`, spaceConnRef: '', bucket: '' })) } },
  },
});

/** As ioredis makes them: a password among the options. */
const ownClient = { status: 'ready', options: { password: 'hunter2' }, duplicate: () => undefined };
const ownMongoClient = { options: { credentials: { password: 'hunter2' } }, connect: () => Promise.resolve(), db: () => undefined, startSession: () => undefined };

describe('a configuration without problems', () => {
  it('is the embedded backend with every default where nothing is named', () => {
    expect(resolveConfig({})).toEqual({
      backend: { kind: 'memory' },
      clientDefaults: {
        scope: { tenantId: 'default', namespace: 'default' },
        policy: { visibilityTimeoutMs: 30_000, maxDeliveries: 5, retryBackoffMs: [1_000, 5_000, 30_000], deadLetterEnabled: true, order: 'none', expired: 'dead-letter' },
        limits: { maxStreamLen: 100_000, onFull: 'reject', retentionMs: 604_800_000, idempotencyWindowMs: 600_000, shardCount: 1 },
        startFrom: undefined, maxInFlight: 32, maxLeaseMs: 3_600_000, maxPayloadBytes: 262_144, maxValueBytes: 262_144, hotTtlSeconds: undefined, autoCreate: true,
      },
      keyPrefix: 'cw:', connect: 'wait', connectTimeoutMs: 10_000,
      warm: { tier: undefined, persist: false, upsertStrategy: 'latest', retentionDays: 30, maxVersions: undefined, deliveries: false },
      allowUnsafe: [], spaces: undefined,
    });
  });

  it('takes the first example of the original README', () => {
    const { backend, keyPrefix, warm } = resolveConfig({ redis: { url: 'redis://user:pass@host:6379/2', tls: true, keyPrefix: 'app:' }, chronos: tenants('default') });
    expect(backend).toMatchObject({ kind: 'redis', topology: 'single', hosts: [{ host: 'host', port: 6_379 }], tls: true, username: 'user', db: 2, retryMs: 1_000 });
    expect(backend.kind === 'redis' && backend.password?.reveal()).toBe('pass');
    expect(keyPrefix).toBe('app:');
    expect(warm.tier?.tenants.map(({ tenantId, database, uri }) => [tenantId, database, uri.reveal()])).toEqual([['default', 'chronow_default', 'mongodb://main:27017']]);
  });

  it('takes the second example of the original README', () => {
    const { backend, warm } = resolveConfig({ mongoOnly: true, chronos: tenants('default', 'b') });
    expect(backend).toMatchObject({ kind: 'mongo', hotDatabase: 'chronow_hot', changeStreams: 'auto' });
    expect(backend.kind === 'mongo' && backend.uri?.reveal()).toBe('mongodb://main:27017');
    expect(warm.tier?.tenants.map(({ tenantId, uri }) => [tenantId, uri.reveal()])).toEqual([['default', 'mongodb://main:27017'], ['b', 'mongodb://other:27017']]);
    expect(warm.tier?.others).toBeUndefined();
  });

  it("takes chronos-db's own flat shape, for every tenant", () => {
    const config = { dbConnections: { main: { mongoUri: 'mongodb://main' } }, databases: { messaging: { dbConnRef: 'main', dbName: 'all' } } };
    const { warm, backend } = resolveConfig({ mongoOnly: true, chronos: { config } });
    expect([warm.tier?.tenants, warm.tier?.others?.database, warm.tier?.chronosConfig?.reveal()]).toEqual([[], 'all', config]);
    expect(backend.kind === 'mongo' && backend.uri?.reveal()).toBe('mongodb://main');
  });

  it('makes MongoDB beside Redis the warm tier of all tenants', () => {
    const { warm } = resolveConfig({ redis: { url: 'redis://host' }, mongo: { uri: 'mongodb://m:27017' } });
    expect([warm.tier?.driver, warm.tier?.others?.database, warm.tier?.others?.uri.reveal()]).toEqual(['mongo', 'chronos_messaging_default', 'mongodb://m:27017']);
  });

  it.each([
    ['redis://h', { topology: 'single', hosts: [{ host: 'h', port: 6_379 }], tls: false, db: 0 }],
    ['rediss://u:p%40x@h:1/3', { topology: 'single', hosts: [{ host: 'h', port: 1 }], tls: true, db: 3, username: 'u' }],
    ['redis://[::1]:7000', { topology: 'single', hosts: [{ host: '::1', port: 7_000 }] }],
    ['redis+sentinel://a,b:2/main/4', { topology: 'sentinel', hosts: [{ host: 'a', port: 26_379 }, { host: 'b', port: 2 }], masterName: 'main', db: 4 }],
    ['redis+cluster://:p@a:1,b:2', { topology: 'cluster', hosts: [{ host: 'a', port: 1 }, { host: 'b', port: 2 }], username: undefined }],
    ['rediss+cluster://a', { topology: 'cluster', tls: true }],
  ])('reads %s', (url, expected) => {
    expect(resolveConfig({ url }).backend).toMatchObject(expected);
    expect(resolveConfig({ redis: { url } }).backend).toMatchObject(expected);
  });

  it.each(['memory:', 'memory://'])('%s is the embedded backend, said aloud; a warm tier may stand beside it', (url) => {
    const { backend, warm } = resolveConfig({ url, mongo: { uri: 'mongodb://m' } });
    expect([backend.kind, warm.tier?.others?.database]).toEqual(['memory', 'chronos_messaging_default']);
  });

  it('lets url win over redis.url and fills in what it does not say', () => {
    const { backend } = resolveConfig({ url: 'redis://new:1', redis: { url: 'redis://old:2/5', password: 'p', tls: true, clusterNodes: ['x:1'] } });
    expect(backend).toMatchObject({ topology: 'single', hosts: [{ host: 'new', port: 1 }], tls: true, db: 0 });
    expect(backend.kind === 'redis' && backend.password?.reveal()).toBe('p');
  });

  it('lets url win over mongo.uri', () => {
    const { backend, warm } = resolveConfig({ url: 'mongodb://new', mongoOnly: true, mongo: { uri: 'mongodb://old' } });
    expect([backend.kind === 'mongo' && backend.uri?.reveal(), warm.tier?.others?.uri.reveal()]).toEqual(['mongodb://new', 'mongodb://new']);
  });

  it('never turns the TLS of rediss:// off', () => {
    expect(resolveConfig({ redis: { url: 'rediss://h', tls: false } }).backend).toMatchObject({ tls: true });
    expect(resolveConfig({ redis: { url: 'redis://h', tls: true } }).backend).toMatchObject({ tls: true });
  });

  it('takes nodes of a cluster with the credentials of redis.url', () => {
    const { backend } = resolveConfig({ redis: { url: 'redis://u:p@seed/0', clusterNodes: ['a:1', 'b:2'] } });
    expect(backend).toMatchObject({ topology: 'cluster', hosts: [{ host: 'a', port: 1 }, { host: 'b', port: 2 }], username: 'u' });
  });

  it("takes a client of the user's own, does not print it, and knows a cluster by its nodes", () => {
    const { backend } = resolveConfig({ redis: { client: ownClient } });
    expect(backend).toMatchObject({ kind: 'redis', topology: 'single', hosts: [] });
    expect(inspect(backend, { depth: 9 })).not.toContain('hunter2');
    expect(resolveConfig({ redis: { client: Object.assign({ nodes: () => [] }, ownClient) } }).backend).toMatchObject({ kind: 'redis', topology: 'cluster' });
  });

  it("takes a MongoClient of the user's own, with an address for the stream and the warm tier or without, and does not print it", () => {
    const { backend, warm } = resolveConfig({ mongoOnly: true, mongo: { client: ownMongoClient } });
    expect([backend, warm.tier]).toMatchObject([{ kind: 'mongo', uri: undefined }, undefined]);
    expect(inspect(backend, { depth: 9 })).not.toContain('hunter2');
    const both = resolveConfig({ mongoOnly: true, mongo: { client: ownMongoClient, uri: 'mongodb://h' } });
    expect([both.backend, both.warm.tier]).toMatchObject([{ kind: 'mongo' }, { driver: 'mongo' }]);
  });

  it('tells a certificate from the path of one', () => {
    const kindOf = (caCert: string): string | undefined => {
      const { backend } = resolveConfig({ redis: { url: 'rediss://h', caCert } });
      return backend.kind === 'redis' ? backend.caCert?.kind : undefined;
    };
    expect([kindOf('/etc/ca.pem'), kindOf('-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n')]).toEqual(['path', 'pem']);
  });

  it('counts an undefined option as not given', () => {
    expect(resolveConfig({ redis: undefined, defaults: { maxInFlight: undefined }, connect: undefined })).toEqual(resolveConfig({}));
  });

  it('is frozen to the ground, and a change of the input later changes nothing', () => {
    const retryBackoffMs = [1, 2];
    const resolved = resolveConfig({ defaults: { retryBackoffMs, startFrom: { from: 5 } } });
    retryBackoffMs.push(3);
    expect(resolved.clientDefaults.policy.retryBackoffMs).toEqual([1, 2]);
    expect([resolved, resolved.backend, resolved.clientDefaults, resolved.clientDefaults.policy, resolved.clientDefaults.policy.retryBackoffMs, resolved.warm].every(Object.isFrozen)).toBe(true);
  });

  it('does not freeze what belongs to the user', () => {
    const chronos = tenants('default');
    resolveConfig({ mongoOnly: true, ...(chronos === undefined ? {} : { chronos }) });
    expect(Object.isFrozen(chronos?.config)).toBe(false);
  });
});

describe('a configuration with problems', () => {
  it('names every problem at once, each with its option, what was given and what is expected', () => {
    const error = refusal(() => resolveConfig({ redis: { url: 'redis://h', db: -1, keyPrefix: 'a{b}' }, defaults: { maxInFlight: 0, order: 'strict', shardCount: 2 }, connectTimeoutMs: 1.5 }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(`CONFIG_INVALID: the configuration has 5 problems:
  - redis.db: got -1; expected a whole number, 0 to 65535
  - redis.keyPrefix: got "a{b}"; expected up to 64 printable ASCII characters without spaces and without any of { } * ? [ ] \\
  - defaults.maxInFlight: got 0; expected a whole number, 1 to 100000
  - connectTimeoutMs: got 1.5; expected a whole number, 1 or more (ms)
  - defaults.shardCount: got 2; expected 1, since defaults.order is 'strict'`);
    expect(error.details['problems']).toHaveLength(5);
    expect(error.details['problems']).toContainEqual({ name: 'redis.db', received: '-1', expected: 'a whole number, 0 to 65535' });
  });

  const found = (config: object): string => {
    const error = refusal(() => resolveConfig(config));
    expect(error.code).toBe('CONFIG_INVALID');
    const problems = error.details['problems'];
    expect(problems).toHaveLength(1);
    return error.message.split('\n  - ')[1] ?? '';
  };

  it.each<[object, string]>([
    [{ reddis: {} }, 'reddis: got a value of type object; expected no such option; did you mean "redis"?'],
    [{ redis: { url: 'redis://h', keyprefix: 'x' } }, 'redis.keyprefix: got ***; expected no such option; did you mean "redis.keyPrefix"?'],
    [{ redis: { url: 'redis://h' }, mongo: { uri: 'mongodb://h', url: 'x' } }, 'mongo.url: got ***; expected no such option; did you mean "mongo.uri"?'],
    [{ visibilityTimeoutMs: 5 }, 'visibilityTimeoutMs: got ***; expected no such option; did you mean "defaults.visibilityTimeoutMs"?'],
    [{ zzzzzzzz: 5 }, 'zzzzzzzz: got ***; expected no such option; init takes redis, mongo, durability, defaults, chronos, warm, spaces, url, mongoOnly, changeStreams, allowUnsafe, namespace, tenantId, autoCreate, connect, connectTimeoutMs'],
    [{ url: 'memory:', defaults: 5 }, 'defaults: got ***; expected an object'],
    [{ defaults: [] }, 'defaults: got a list of 0; expected an object'],
    [{ defaults: null }, 'defaults: got null; expected an object'],
    [{ connect: 'later' }, `connect: got "later"; expected one of 'wait', 'background'`],
    [{ namespace: '' }, 'namespace: got an empty text; expected 1-200 bytes of printable text'],
    [{ defaults: { retryBackoffMs: [] } }, 'defaults.retryBackoffMs: got a list of 0; expected a list of 1 or more, each a number, 0 or more (ms)'],
    [{ defaults: { visibilityTimeoutMs: '30s' } }, 'defaults.visibilityTimeoutMs: got "30s"; expected a whole number, 1 or more (ms)'],
    [{ defaults: { visibilityTimeoutMs: 7_200_000 } }, 'defaults.maxLeaseMs: got 3600000 (the default); expected 7200000 (defaults.visibilityTimeoutMs) or more'],
    [{ defaults: { startFrom: 'now' } }, `defaults.startFrom: got "now"; expected 'earliest', 'latest' or { from: milliseconds since the epoch }`],
    [{ redis: {} }, 'redis: got options of a backend that nothing names; expected redis.url, redis.clusterNodes or redis.client'],
    [{ mongo: { uri: 'mongodb://h' } }, 'mongo: got options of a backend that nothing names; expected mongoOnly true (MongoDB is the backend), redis.url (it is the warm tier), or url memory:'],
    [{ mongoOnly: true }, 'mongo.uri: got nothing; expected mongo.uri, mongo.client or chronos.config, since MongoDB is the backend'],
    [{ mongo: { client: ownMongoClient } }, 'mongo: got options of a backend that nothing names; expected mongoOnly true (MongoDB is the backend), redis.url (it is the warm tier), or url memory:'],
    [{ redis: { url: 'redis://h' }, mongo: { client: ownMongoClient } }, 'mongo.client: got the redis backend; expected the MongoDB backend; the warm tier takes mongo.uri'],
    [{ mongoOnly: true, mongo: { client: { db: 1 } } }, 'mongo.client: got a value of type object; expected a MongoClient of mongodb 6.20 or later'],
    [{ mongoOnly: true, mongo: { client: ownMongoClient }, warm: { persist: 'required' } }, `warm.persist: got 'required' without a warm tier; expected mongo.uri or chronos.config beside it`],
    [{ mongoOnly: true, tenantId: 'b', chronos: tenants('a') }, 'chronos.config.databases.messaging.tenantDatabases: got no entry for the tenant "b"; expected one for it (its connection holds the hot tier), or mongo.uri'],
    [{ mongoOnly: true, mongo: { uri: 'mongodb://h' }, redis: { url: 'redis://h' } }, 'redis.url, mongoOnly: got redis, mongo; expected one backend; leave out what names the others'],
    [{ url: 'memory:', redis: { url: 'redis://h' } }, 'url, redis.url: got memory, redis; expected one backend; leave out what names the others'],
    [{ redis: { url: 'redis://h/2', db: 3 } }, 'redis.db: got 3; expected what redis.url says (2), or only one of the two'],
    [{ url: 'redis://secret@h' }, 'url: got a user without a password; expected user:password@ or :password@ in the URL, or redis.password beside it'],
    [{ redis: { url: 'redis://h', username: 'u' } }, 'redis.username: got a user without a password; expected user:password@ or :password@ in the URL, or redis.password beside it'],
    [{ redis: { clusterNodes: ['a:1'], db: 3 } }, 'redis.db: got database 3; expected database 0, the only one of a cluster'],
    [{ url: 'redis+cluster://a/1' }, 'url: got database 1; expected database 0, the only one of a cluster'],
    [{ redis: { clusterNodes: [] } }, 'redis.clusterNodes: got a list of 0; expected a list of one or more host:port'],
    [{ redis: { clusterNodes: ['a:70000'] } }, 'redis.clusterNodes: got a list of 1; expected a list of one or more host:port'],
    [{ redis: { url: 'redis+sentinel://a/m', clusterNodes: ['b:1'] } }, 'redis.clusterNodes: got a list of 1; expected nothing, since redis.url names sentinels'],
    [{ redis: { url: 'redis://h', db: 1, client: ownClient } }, 'redis.url, redis.db: got values; expected nothing, since redis.client says where the server is and how to log in'],
    [{ redis: { client: { status: 'ready' } } }, 'redis.client: got a value of type object; expected a Redis or Cluster of ioredis 5.11 or later'],
    [{ url: 'memory:', durability: { replicas: 1 } }, 'durability: got the memory backend; expected the Redis backend, the only one with replicas to wait for'],
    [{ redis: { url: 'redis://h' }, durability: {} }, 'durability.replicas: got nothing; expected a whole number, 1 to 100'],
    [{ redis: { url: 'redis://h' }, warm: { persist: 'required' } }, `warm.persist: got 'required' without a warm tier; expected mongo.uri or chronos.config beside it`],
    [{ redis: { url: 'redis://h' }, warm: { deliveries: true } }, `warm.deliveries: got true without a warm tier; expected mongo.uri or chronos.config beside it`],
    [{ redis: { url: 'redis://h' }, warm: { deliveries: 'yes' } }, `warm.deliveries: got "yes"; expected true or false`],
    [{ redis: { url: 'redis://h' }, mongo: { uri: 'mongodb://m' }, warm: { driver: 'chronos' } }, `warm.driver: got 'chronos' without chronos.config; expected both`],
    [{ redis: { url: 'redis://h' }, chronos: { config: {} } }, 'chronos.config.databases.messaging: got a value of type undefined; expected { tenantDatabases: [{ tenantId, dbConnRef, dbName }] } or { dbConnRef, dbName }'],
    [{ redis: { url: 'redis://h' }, chronos: tenants('a', 'a') }, 'chronos.config.databases.messaging.tenantDatabases[1].tenantId: got "a"; expected the name of a tenant that is not in the list yet'],
    [{ redis: { url: 'redis://h' }, chronos: { config: { dbConnections: {}, databases: { messaging: { dbConnRef: 'toString', dbName: 'x' } } } } }, 'chronos.config.databases.messaging.dbConnRef: got "toString"; expected the name of an entry of chronos.config.dbConnections'],
  ])('refuses %j', (config, expected) => {
    expect(found(config)).toBe(expected);
  });

  it.each(['redis://', 'redis://h:0', 'redis://h:99999', 'redis://a,b', 'redis://h/x', 'redis://h/1/2', 'redis://h?family=6', 'redis://u:%zz@h', 'redis://u:p@x@h', 'redis://h#1', 'redis+sentinel://h', 'redis+sentinel://h/m/x', 'http://h', 'localhost:6379', 'mongodb://', 'mongodb://a@b@c', 'memory:x', ' redis://h'])('refuses the text %s as a backend', (url) => {
    expect(refusal(() => resolveConfig({ url })).message).toContain('\n  - url: got ');
  });

  it.each([null, 5, 'redis://h', []])('refuses %j as a configuration', (config) => {
    // @ts-expect-error -- what a caller without types may give
    expect(refusal(() => resolveConfig(config)).message).toContain('expected an object of options');
  });

  it('does not ask a rule about options that are wrong in themselves', () => {
    expect(found({ redis: { url: 'redis:/h', db: 3 } })).toContain('redis.url: got ');
    expect(found({ defaults: { order: 'strict', shardCount: -1 } })).toContain('defaults.shardCount: got -1');
  });
});
