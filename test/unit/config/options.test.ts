import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtIn } from '../../../src/config/defaults.js';
import { expectedOf, optionRows } from '../../../src/config/options.js';
import { resolveConfig } from '../../../src/config/resolve.js';
import { configurationPage } from './configuration-page.js';

describe('the table of options', () => {
  it('is what docs/configuration.md says', async () => {
    await expect(configurationPage()).toMatchFileSnapshot('../../../docs/configuration.md');
  });

  it('has every option of the public type, and no other', () => {
    const source = ['config', 'chronos-config'].map((file) => readFileSync(new URL(`../../../src/config/${file}.ts`, import.meta.url), 'utf8')).join('');
    const membersOf = (type: string): string[] => [...(new RegExp(`interface ${type} \\{\\n([\\s\\S]*?)\\n\\}`).exec(source)?.[1] ?? '').matchAll(/^ {2}readonly (\w+)\??: (\w*)/gm)].flatMap(([, name = '', of = '']) => {
      const group = /^(Redis|Mongo|Defaults|Warm|Durability|Spaces)Config$|^ChronosOptions$/.test(of);
      return group ? membersOf(of).map((member) => `${name}.${member}`) : [name];
    });
    expect(membersOf('ChronowConfig').sort()).toEqual(optionRows.map(({ name }) => name).sort());
  });

  it('names each option and each variable once', () => {
    const variables = optionRows.flatMap(({ env }) => env ?? []);
    expect([new Set(optionRows.map(({ name }) => name)).size, new Set(variables).size]).toEqual([optionRows.length, variables.length]);
  });

  it.each(optionRows)('$name says what it must be, and takes its own default', (row) => {
    expect(expectedOf(row)).not.toBe('anything');
    expect(row.about).toMatch(/^[^ ].*\.$/);
    if (row.default !== undefined) expect(row.rule(row.default)).toBeUndefined();
  });

  it('says the defaults that hold', () => {
    const { clientDefaults: { policy, limits, scope, ...rest }, warm, ...top } = resolveConfig({});
    const inForce: Record<string, unknown> = { ...policy, ...limits, ...scope, ...rest, ...top };
    for (const row of optionRows) {
      const [group = '', member] = row.name.split('.');
      if (row.default === undefined || row.name === 'defaults.startFrom') continue;
      if (group === 'defaults' || (member === undefined && row.name in inForce)) expect(inForce[member ?? group], row.name).toEqual(row.default);
    }
    expect(warm).toMatchObject({ persist: builtIn.warmPersist, upsertStrategy: 'latest', retentionDays: 30, deliveries: builtIn.warmDeliveries });
    expect(resolveConfig({ redis: { url: 'redis://h' }, durability: { replicas: 1 } }).backend).toMatchObject({ retryMs: 1_000, durability: { timeoutMs: 1_000 } });
  });

  it('says each default once: no other place repeats one', () => {
    for (const [name, value] of Object.entries(builtIn)) if (!name.endsWith('Database') && !['redisRetryMs', 'durabilityTimeoutMs', 'warmDriver', 'warmPersist', 'warmUpsertStrategy', 'warmRetentionDays', 'warmDeliveries'].includes(name)) expect(optionRows.some((row) => row.name.endsWith(name) && row.default === value), name).toBe(true);
  });
});
