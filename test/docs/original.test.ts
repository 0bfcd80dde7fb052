import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Chronow, configFromEnv } from 'chronow';
import type { ChronosConfig } from '../../src/config/chronos-config.js';
import { optionRows } from '../../src/config/options.js';
import { resolveConfig } from '../../src/config/resolve.js';
import { KeySpace } from '../../src/keys/key-space.js';
import { root } from './support/examples.js';

const original = readFileSync(`${root}test/fixtures/original/README.md`, 'utf8');
const page = readFileSync(`${root}docs/original.md`, 'utf8');
const code = [...original.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);

/** Lines of a README that are neither code nor headings, without their marks. */
function sentencesOf(text: string): readonly string[] {
  return text.replace(/^```\w*\n[\s\S]*?^```/gm, '').split('\n').map(plain).filter((line) => line !== '' && !line.startsWith('#') && !/^-+$/.test(line));
}

function plain(line: string): string {
  return line.replaceAll('**', '').replace(/^\s*(?:[-*] (?:\[ \] )?|\d+\. )/, '').trim();
}

/** Sentences of the original that the page leaves out. */
function missing(readme: string, text: string): readonly string[] {
  return sentencesOf(readme).filter((sentence) => !text.includes(sentence));
}

function isConfig(value: unknown): value is ChronosConfig {
  return typeof value === 'object' && value !== null && 'databases' in value;
}

describe('docs/original.md', () => {
  test('has every sentence of the original README', () => {
    expect(missing(original, page)).toEqual([]);
  });

  test('would be found short of one', () => {
    expect(missing(`${original}\n- **Free**: costs nothing\n`, page)).toEqual(['Free: costs nothing']);
  });

  test('has every option that its examples name', () => {
    const names = new Set(code.flatMap((block) => [...block.matchAll(/^\s*(\w+)\?:/gm), ...block.matchAll(/\b(\w+)\?(?=[,: ])/g)].map(([, name = '']) => name)));
    expect(names.size).toBeGreaterThan(15);
    expect([...names].filter((name) => !page.includes(name))).toEqual([]);
  });

  test('has every variable, and each is read', () => {
    const names = [...new Set(original.match(/\b(?:CHRONOW|REDIS|MONGO|SPACE)_[A-Z_]+\b/g))];
    expect(names).toHaveLength(17);
    expect(names.filter((name) => !page.includes(`\`${name}\``) || !optionRows.some(({ env }) => env === name))).toEqual([]);
  });

  test('names calls that there are', async () => {
    const cw = await Chronow.init();
    onTestFinished(() => cw.close());
    const calls = [...new Set([...page.matchAll(/`(bus|shared)\.(\w+)\(/g)].map(([, room = '', name = '']) => `${room}.${name}`))];
    expect(calls).toHaveLength(17);
    expect(calls.filter((call) => { const [room = '', name = ''] = call.split('.'); return typeof Reflect.get(Object(Reflect.get(cw, room)), name) !== 'function'; })).toEqual([]);
  });

  test('names tests that there are', () => {
    const files = [...new Set([...page.matchAll(/\| `(test\/[^`]+)` \|$/gm)].map(([, file = '']) => file))];
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
  });
});

describe('what docs/original.md calls true', () => {
  test('the variables of the original README are taken as they stand there', () => {
    const lines = code.flatMap((block) => [...block.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']): [string, string] => [name, value]));
    expect(lines).toHaveLength(17);
    // One backend at a time: the original lists them all, and has two addresses of Redis.
    const env = Object.fromEntries(lines.filter(([name]) => name !== 'REDIS_CLUSTER_NODES' && name !== 'REDIS_TLS'));
    const { clientDefaults, keyPrefix, warm } = resolveConfig(configFromEnv(env));
    expect([keyPrefix, clientDefaults.policy.visibilityTimeoutMs, clientDefaults.limits.maxStreamLen, clientDefaults.maxPayloadBytes, warm.tier?.others?.database]).toEqual(['cw:', 30_000, 100_000, 262_144, 'chronos_messaging_default']);
    expect(resolveConfig(configFromEnv({ REDIS_CLUSTER_NODES: Object.fromEntries(lines)['REDIS_CLUSTER_NODES'] })).backend).toMatchObject({ topology: 'cluster', hosts: [{ host: 'host1', port: 6_379 }, { host: 'host2', port: 6_379 }] });
    expect(resolveConfig(configFromEnv({ CHRONOW_MONGO_ONLY: 'true', MONGO_URI: 'mongodb://localhost:27017' })).backend).toMatchObject({ kind: 'mongo', hotDatabase: 'chronow_hot' });
  });

  test('the configuration of chronos-db that it shows is taken as it stands there', () => {
    const shown = code.find((block) => block.startsWith('{'));
    const config: unknown = JSON.parse(shown ?? '');
    if (!isConfig(config)) throw new Error('there is no such block');
    const { backend, warm } = resolveConfig({ redis: { url: 'redis://h' }, chronos: { config } });
    expect([backend.kind, warm.tier?.tenants.map(({ tenantId, database }) => ({ tenantId, database }))]).toEqual(['redis', [{ tenantId: 'default', database: 'chronos_messaging_default' }]]);
  });

  test('the key of a topic is the one that it shows', () => {
    expect(new KeySpace('cw:').topicKey({ tenantId: 'tenant-a', namespace: 'payments', topic: 'orders' })).toBe('cw:tenant-a:payments:topic:orders');
  });
});
