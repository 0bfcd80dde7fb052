import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { configFromEnv } from '../../../src/config/env.js';
import { optionRows } from '../../../src/config/options.js';
import { resolveConfig } from '../../../src/config/resolve.js';
import { refusal } from './support.js';

/** The block of the original README, verbatim. */
const original = `
CHRONOW_MONGO_ONLY=false
REDIS_URL=redis://user:pass@host:6379/0
REDIS_TLS=false
REDIS_USERNAME=
REDIS_PASSWORD=
REDIS_DB=0
REDIS_KEY_PREFIX=cw:
REDIS_RETRY_MS=1000
REDIS_CLUSTER_NODES=["host1:6379","host2:6379"]
REDIS_CA_CERT=/etc/ssl/certs/my-redis-ca.pem
MONGO_URI=mongodb://localhost:27017
SPACE_ACCESS_KEY=your-access-key
SPACE_SECRET_KEY=your-secret-key
SPACE_ENDPOINT=https://s3.amazonaws.com
REDIS_VISIBILITY_TIMEOUT_MS=30000
REDIS_MAX_STREAM_LEN=100000
REDIS_MAX_PAYLOAD_BYTES=262144
`;

const parsed = (text: string): Record<string, string> => Object.fromEntries(text.trim().split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

describe('configFromEnv', () => {
  afterEach(() => { vi.unstubAllEnvs(); });

  it('takes every variable of the original README as it stands there', () => {
    const config = configFromEnv(parsed(original));
    expect({ ...config, redis: { ...config.redis }, mongo: { ...config.mongo }, spaces: { ...config.spaces } }).toEqual({
      mongoOnly: false,
      redis: { url: 'redis://user:pass@host:6379/0', tls: false, db: 0, keyPrefix: 'cw:', retryMs: 1_000, clusterNodes: ['host1:6379', 'host2:6379'], caCert: '/etc/ssl/certs/my-redis-ca.pem' },
      mongo: { uri: 'mongodb://localhost:27017' },
      spaces: { accessKey: 'your-access-key', secretKey: 'your-secret-key', endpoint: 'https://s3.amazonaws.com' },
      defaults: { visibilityTimeoutMs: 30_000, maxStreamLen: 100_000, maxPayloadBytes: 262_144 },
    });
    const resolved = resolveConfig(config);
    expect(resolved.backend).toMatchObject({ kind: 'redis', topology: 'cluster', username: 'user', tls: false });
    expect(resolved.warm.tier?.others?.uri.reveal()).toBe('mongodb://localhost:27017');
    expect(resolved.spaces?.secretKey?.reveal()).toBe('your-secret-key');
  });

  it('reads no other variables than those of the original and CHRONOW_URL', () => {
    const names = optionRows.flatMap(({ env }) => (env === undefined ? [] : [env]));
    expect(names.sort()).toEqual([...Object.keys(parsed(original)), 'CHRONOW_URL'].sort());
  });

  it("takes the process' own variables where none are given", () => {
    for (const name of ['REDIS_URL', 'REDIS_CLUSTER_NODES', 'CHRONOW_MONGO_ONLY']) vi.stubEnv(name, undefined);
    vi.stubEnv('CHRONOW_URL', 'memory:');
    expect(configFromEnv().url).toBe('memory:');
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['only empty variables', { CHRONOW_URL: '', REDIS_URL: '  ', CHRONOW_MONGO_ONLY: '' }],
    ['only a warm tier', { MONGO_URI: 'mongodb://h' }],
    ['only details', { REDIS_TLS: 'true', REDIS_PASSWORD: 'x', CHRONOW_MONGO_ONLY: 'false' }],
  ])('never chooses the embedded backend by omission: %s', (_, env) => {
    const error = refusal(() => configFromEnv(env));
    expect([error.code, error.message]).toEqual(['CONFIG_NO_BACKEND', expect.stringContaining('CHRONOW_URL=memory:')]);
  });

  it('says what else is wrong where no backend is named', () => {
    const error = refusal(() => configFromEnv({ REDIS_DB: 'zero' }));
    expect([error.code, error.message]).toEqual(['CONFIG_NO_BACKEND', expect.stringContaining('REDIS_DB: got "zero"')]);
  });

  it.each<[Record<string, string>, string]>([
    [{ CHRONOW_URL: 'memory:' }, 'memory'],
    [{ CHRONOW_URL: 'rediss://h' }, 'redis'],
    [{ REDIS_URL: 'redis://h' }, 'redis'],
    [{ REDIS_CLUSTER_NODES: '["h:1"]' }, 'redis'],
    [{ CHRONOW_MONGO_ONLY: 'true', MONGO_URI: 'mongodb://h' }, 'mongo'],
    [{ CHRONOW_MONGO_ONLY: 'true', MONGO_URI: 'mongodb://h', REDIS_TLS: 'false', REDIS_DB: '0', REDIS_KEY_PREFIX: 'cw:' }, 'mongo'],
    [{ CHRONOW_URL: 'mongodb+srv://h', CHRONOW_MONGO_ONLY: 'true' }, 'mongo'],
    [{ CHRONOW_URL: ' memory: ' }, 'memory'],
  ])('%j is the backend %s', (env, kind) => {
    expect(resolveConfig(configFromEnv(env)).backend.kind).toBe(kind);
  });

  it('lets CHRONOW_URL win over the original variables of the same backend', () => {
    const { backend } = resolveConfig(configFromEnv({ CHRONOW_URL: 'redis://new', REDIS_URL: 'redis://old', REDIS_PASSWORD: 'p' }));
    expect(backend).toMatchObject({ hosts: [{ host: 'new', port: 6_379 }] });
  });

  it.each<[Record<string, string>, string]>([
    [{ CHRONOW_URL: 'memory:', REDIS_URL: 'redis://h' }, 'CHRONOW_URL, REDIS_URL: got memory, redis'],
    [{ CHRONOW_URL: 'mongodb://h', REDIS_CLUSTER_NODES: '["h:1"]' }, 'CHRONOW_URL, REDIS_CLUSTER_NODES: got mongo, redis'],
    [{ CHRONOW_MONGO_ONLY: 'true', REDIS_URL: 'redis://h', MONGO_URI: 'mongodb://h' }, 'REDIS_URL, CHRONOW_MONGO_ONLY: got redis, mongo'],
    [{ CHRONOW_URL: 'memory:', CHRONOW_MONGO_ONLY: 'true' }, 'CHRONOW_URL, CHRONOW_MONGO_ONLY: got memory, mongo'],
  ])('refuses two backends: %j', (env, expected) => {
    const error = refusal(() => configFromEnv(env));
    expect([error.code, error.message]).toEqual(['CONFIG_INVALID', expect.stringContaining(expected)]);
  });

  it.each(['REDIS_VISIBILITY_TIMEOUT_MS', 'REDIS_MAX_STREAM_LEN', 'REDIS_MAX_PAYLOAD_BYTES'])('%s holds on every backend', (name) => {
    for (const backend of [{ CHRONOW_URL: 'memory:' }, { CHRONOW_URL: 'mongodb://h' }, { REDIS_URL: 'redis://h' }]) {
      const { policy, limits, maxPayloadBytes } = resolveConfig(configFromEnv({ ...backend, [name]: '777' })).clientDefaults;
      expect([policy.visibilityTimeoutMs, limits.maxStreamLen, maxPayloadBytes]).toContain(777);
    }
  });

  it('names every problem at once, by its variable', () => {
    const error = refusal(() => configFromEnv({
      CHRONOW_URL: 'redis:/user:canary@host', REDIS_TLS: 'yes', REDIS_DB: '-1', REDIS_KEY_PREFIX: 'a*', REDIS_RETRY_MS: '0', REDIS_CLUSTER_NODES: 'host1:6379', REDIS_MAX_STREAM_LEN: '1e3', MONGO_URI: 'http://h', SPACE_ENDPOINT: 's3',
    }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(`CONFIG_INVALID: the configuration has 9 problems:
  - REDIS_TLS: got "yes"; expected true or false
  - REDIS_DB: got "-1"; expected a whole number, 0 to 65535
  - REDIS_CLUSTER_NODES: got "host1:6379"; expected a list of one or more host:port, as JSON
  - REDIS_MAX_STREAM_LEN: got "1e3"; expected a whole number, 1 or more
  - CHRONOW_URL: got ***; expected memory:, redis://user:password@host:6379/0, rediss://…, redis+sentinel://host:26379,host:26379/master, redis+cluster://host:6379,host:6379, mongodb://… or mongodb+srv://…, with @ : / ? # of a user or password percent-encoded
  - REDIS_KEY_PREFIX: got "a*"; expected up to 64 printable ASCII characters without spaces and without any of { } * ? [ ] \\
  - REDIS_RETRY_MS: got 0; expected a whole number, 1 or more (ms)
  - MONGO_URI: got http://h; expected mongodb://user:password@host:27017 or mongodb+srv://…, with @ : / ? # of a user or password percent-encoded
  - SPACE_ENDPOINT: got "s3"; expected https://host without a user or password`);
  });

  it.each(['true', 'false'])('takes %s for REDIS_TLS', (text) => {
    expect(configFromEnv({ REDIS_URL: 'redis://h', REDIS_TLS: text }).redis?.tls).toBe(text === 'true');
  });

  it.each(['[]', '{}', '["h:1", 5]', '["redis://h:1"]', 'null', '["h:1"'])('refuses %s for REDIS_CLUSTER_NODES', (text) => {
    expect(refusal(() => configFromEnv({ REDIS_CLUSTER_NODES: text })).message).toContain('REDIS_CLUSTER_NODES: got ');
  });

  it('gives a plain object that may be spread, and prints without its secrets', () => {
    const config = configFromEnv({ REDIS_URL: 'redis://u:canary@h', REDIS_PASSWORD: 'canary', SPACE_SECRET_KEY: 'canary' });
    expect({ ...config, connect: 'background' }).toMatchObject({ redis: { url: 'redis://u:canary@h', password: 'canary' }, connect: 'background' });
    expect(Object.keys(config)).toEqual(['redis', 'spaces']);
    expect(inspect(config)).toBe(inspect({ redis: { url: 'redis://u:***@h', password: '***' }, spaces: { secretKey: '***' } }));
    expect(JSON.parse(JSON.stringify({ ...config }))).toEqual({ redis: { url: 'redis://u:***@h', password: '***' }, spaces: { secretKey: '***' } });
  });
});
