import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Chronow, configFromEnv } from 'chronow';
import type { ChronosConfig } from '../../src/config/chronos-config.js';
import { optionRows } from '../../src/config/options.js';
import { resolveConfig } from '../../src/config/resolve.js';
import { KeySpace } from '../../src/keys/key-space.js';
import { root } from './support/examples.js';
import { codeUnder, original, shownVariables } from './support/original-program.js';
import { callsOf, claimsOf, messageNamesOf } from './support/original-claims.js';

const page = readFileSync(`${root}docs/original.md`, 'utf8');

/** What a README claims and the page leaves out. */
function missing(readme: string): readonly string[] {
  return claimsOf(readme).filter((claim) => !page.includes(claim));
}

function isConfig(value: unknown): value is ChronosConfig {
  return typeof value === 'object' && value !== null && 'databases' in value;
}

/** Calls a method with these options; what it needs besides is made up. Nothing may come of it but an answer or a refusal. */
async function tryCall(cw: Chronow, room: string, name: string, options: object): Promise<unknown> {
  const given: Readonly<Record<string, readonly unknown[]>> = {
    'shared.set': ['key', 1], 'shared.get': ['key'], 'shared.del': ['key'], 'shared.exists': ['key'], 'shared.expire': ['key', 1],
    'bus.ensureTopic': ['topic'], 'bus.ensureSubscription': ['topic', 'subscription'], 'bus.publish': ['topic', 1], 'bus.consume': ['topic', 'subscription'], 'bus.peek': ['topic', 'subscription'],
  };
  const target: object = room === 'bus' ? cw.bus : cw.shared;
  const method: unknown = Reflect.get(target, name);
  const args = given[`${room}.${name}`];
  if (typeof method !== 'function' || args === undefined) throw new Error(`there is no ${room}.${name} here`);
  const answer: unknown = await Reflect.apply(method, target, [...args, options]);
  return answer;
}

describe('docs/original.md', () => {
  test('has every sentence of the original README, and what its headings, comments and diagrams claim', () => {
    expect(claimsOf(original).length).toBeGreaterThan(80);
    expect(missing(original)).toEqual([]);
  });

  test.each([
    ['- **Free**: costs nothing\n', 'Free: costs nothing'],
    ['### Fast (Always)\n', 'Fast (Always)'],
    ['```bash\n# Be quick\nX_Y=1\n```\n', 'Be quick'],
    ['```typescript\na(); // at once\n```\n', 'at once'],
    ['```\nApp → Sky\n```\n', 'App → Sky'],
    ['```\nApp → Chronow API → Redis (hot) ↔ Chronos-DB (durable)\n  └─ Cloud (soft)\n```\n', 'Cloud (soft)'],
  ])('would be found short of %j', (more, what) => {
    expect(missing(`${original}\n${more}`)).toEqual([what]);
  });

  test('has every option of every call', () => {
    const names = [...new Set(callsOf(original).flatMap(({ options }) => options))];
    expect(names.length).toBeGreaterThan(18);
    expect(names.filter((name) => !new RegExp(`\\b${name.replace(/^.*\./, '')}\\b`).test(page))).toEqual([]);
  });

  test('has every variable', () => {
    const names = [...shownVariables().keys()];
    expect(names).toHaveLength(17);
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('names calls that there are', async () => {
    const cw = await Chronow.init();
    onTestFinished(() => cw.close());
    const calls = [...new Set([...page.matchAll(/`(bus|shared)\.(\w+)\(/g)].map(([, room = '', name = '']) => `${room}.${name}`))];
    expect(calls.sort()).toEqual([...new Set(callsOf(original).map(({ room, name }) => `${room}.${name}`))].sort());
    expect(calls.filter((call) => { const [room = '', name = ''] = call.split('.'); return typeof Reflect.get(Object(Reflect.get(cw, room)), name) !== 'function'; })).toEqual([]);
  });

  test('names tests that there are', () => {
    const files = [...new Set([...page.matchAll(/\| `(test\/[^`]+)` \|$/gm)].map(([, file = '']) => file))];
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
  });
});

describe('what docs/original.md calls true', () => {
  const withOptions = callsOf(original).flatMap(({ room, name, options }) => options.map((option): [string, string, string] => [room, name, option]));

  test.each(withOptions)('%s.%s takes { %s }', async (room, name, option) => {
    const cw = await Chronow.init();
    onTestFinished(() => cw.close());
    const [outer = '', inner] = option.split('.');
    await cw.bus.ensureSubscription('topic', 'subscription');
    // An option that is not given is looked up all the same.
    await tryCall(cw, room, name, { [outer]: inner === undefined ? undefined : { [inner]: undefined } });
    await expect(tryCall(cw, room, name, { [`${outer}X`]: undefined })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });

  test('a consumed message has everything that is shown of it', async () => {
    const cw = await Chronow.init();
    onTestFinished(() => cw.close());
    await cw.bus.ensureSubscription('topic', 'subscription');
    await cw.bus.publish('topic', 1, { headers: { a: 'b' } });
    const { value: message } = await cw.bus.consume('topic', 'subscription').next();
    const names = messageNamesOf(original);
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => message === undefined || Reflect.get(message, name) === undefined)).toEqual([]);
  });

  test('the variables are taken as they stand there', () => {
    const shown = shownVariables();
    // One backend at a time: the original lists them all, and has two addresses of Redis.
    const env = Object.fromEntries([...shown].filter(([name]) => name !== 'REDIS_CLUSTER_NODES' && name !== 'REDIS_TLS'));
    const { clientDefaults, keyPrefix, warm } = resolveConfig(configFromEnv(env));
    expect([keyPrefix, clientDefaults.policy.visibilityTimeoutMs, clientDefaults.limits.maxStreamLen, clientDefaults.maxPayloadBytes, warm.tier?.others?.database]).toEqual(['cw:', 30_000, 100_000, 262_144, 'chronos_messaging_default']);
    for (const beside of [{}, { REDIS_URL: 'redis://user:pass@host:6379/0' }]) {
      expect(resolveConfig(configFromEnv({ ...beside, REDIS_CLUSTER_NODES: shown.get('REDIS_CLUSTER_NODES') })).backend).toMatchObject({ topology: 'cluster', hosts: [{ host: 'host1', port: 6_379 }, { host: 'host2', port: 6_379 }] });
    }
    expect(resolveConfig(configFromEnv({ CHRONOW_MONGO_ONLY: 'true', MONGO_URI: shown.get('MONGO_URI') })).backend).toMatchObject({ kind: 'mongo', hotDatabase: 'chronow_hot' });
    expect(() => resolveConfig(configFromEnv({ CHRONOW_MONGO_ONLY: 'true', MONGO_URI: shown.get('MONGO_URI'), REDIS_URL: shown.get('REDIS_URL') }))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  test.each([...shownVariables()].filter(([name]) => !name.startsWith('SPACE_')))('%s is read, and %j is its default where it has one', (name, value) => {
    const row = optionRows.find(({ env }) => env === name);
    expect(row).toBeDefined();
    if (row?.default !== undefined) expect(String(row.default)).toBe(value);
  });

  test('those for a later release are read', () => {
    expect(['SPACE_ACCESS_KEY', 'SPACE_SECRET_KEY', 'SPACE_ENDPOINT'].filter((name) => !optionRows.some(({ env }) => env === name))).toEqual([]);
  });

  test('the configuration of chronos-db that it shows is taken as it stands there', () => {
    const config: unknown = JSON.parse(codeUnder('Chronos-DB Configuration'));
    if (!isConfig(config)) throw new Error('there is no such block');
    const { backend, warm } = resolveConfig({ redis: { url: 'redis://h' }, chronos: { config } });
    expect([backend.kind, warm.tier?.tenants.map(({ tenantId, database }) => ({ tenantId, database }))]).toEqual(['redis', [{ tenantId: 'default', database: 'chronos_messaging_default' }]]);
  });

  test('the key of a topic is the one that it shows', () => {
    expect(new KeySpace('cw:').topicKey({ tenantId: 'tenant-a', namespace: 'payments', topic: 'orders' })).toBe('cw:tenant-a:payments:topic:orders');
  });
});
