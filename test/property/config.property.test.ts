import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configFromEnv } from '../../src/config/env.js';
import { optionRows } from '../../src/config/options.js';
import { resolveConfig } from '../../src/config/resolve.js';
import { isChronowError } from '../../src/errors.js';

const anything = fc.oneof(fc.anything({ maxDepth: 2 }), fc.constantFrom<unknown>('redis://h', 'redis://u:p@h/1', 'rediss+cluster://a,b', 'mongodb://h', 'memory:', 'true', 0, 1, 5, true, false, 'strict', 'latest', 'cw:', '[]', { from: 1 }, ['h:1']));
const topLevel = optionRows.map(({ name }) => name.split('.')[0] ?? '');

/** Configurations with legal and illegal values, at right and wrong places. */
const config = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...optionRows.map(({ name }) => name)), fc.constantFrom(...topLevel), fc.string({ maxLength: 8 })), anything), { maxLength: 6 }).map((entries) => {
  const built: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    const [group = '', member] = name.split('.');
    const before = Object.hasOwn(built, group) ? built[group] : undefined;
    Object.defineProperty(built, group, { value: member === undefined ? value : { ...(typeof before === 'object' ? before : {}), [member]: value }, enumerable: true, writable: true, configurable: true });
  }
  return built;
});

/** The answer, or the error if it is one of ours. */
function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (isChronowError(error)) return error;
    throw error;
  }
}

describe('a configuration', () => {
  it('is resolved or refused with CONFIG_INVALID, whatever it is', () => {
    let resolved = 0;
    fc.assert(fc.property(config, (given) => {
      const answer = outcome(() => resolveConfig(given));
      if (isChronowError(answer)) {
        const problems: unknown = answer.details['problems'];
        expect(answer.code).toBe('CONFIG_INVALID');
        expect(Array.isArray(problems) && problems.length > 0 && problems.every((problem: unknown) => typeof problem === 'object' && problem !== null && Object.keys(problem).join() === 'name,received,expected')).toBe(true);
      } else {
        resolved += 1;
        expect(Object.isFrozen(answer)).toBe(true);
        // Prints, as text and as JSON.
        expect(JSON.stringify(answer)).toContain('clientDefaults');
      }
    }), { numRuns: 3_000 });
    expect(resolved).toBeGreaterThan(50);
  });

  it('of numbers within their bounds is taken as it is', () => {
    const numbers = optionRows.filter(({ name, kind }) => name.startsWith('defaults.') && kind === 'number' && !/Lease|visibility/.test(name));
    fc.assert(fc.property(fc.constantFrom(...numbers), fc.integer({ min: 1, max: 1_024 }), (row, value) => {
      const member = row.name.slice('defaults.'.length);
      const { policy, limits, ...rest } = resolveConfig({ defaults: { [member]: value } }).clientDefaults;
      expect({ ...policy, ...limits, ...rest }).toMatchObject({ [member]: value });
    }));
  });
});

describe('variables', () => {
  const names = optionRows.flatMap(({ env }) => env ?? []);
  const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('', ' ', 'true', 'false', '0', '5', '-1', '1e9', 'redis://h', 'redis://u:p@h/0', 'mongodb://h', 'memory:', '["h:1"]', '[', 'null', 'cw:', '/ca.pem', 'https://h'));

  const good: Readonly<Record<string, string>> = { CHRONOW_MONGO_ONLY: 'false', CHRONOW_URL: 'redis://h', REDIS_URL: 'redis://u:p@h', REDIS_TLS: 'true', REDIS_CLUSTER_NODES: '["h:1"]', MONGO_URI: 'mongodb://h', REDIS_DB: '0', REDIS_RETRY_MS: '5', REDIS_PASSWORD: 'p' };
  const variables = fc.array(fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), name in good ? fc.oneof({ weight: 4, arbitrary: fc.constant(good[name] ?? '') }, text) : text)), { maxLength: 5 }).map((entries) => Object.fromEntries(entries));

  it('are read or refused, whatever they hold, and what was read can be resolved', () => {
    let read = 0;
    fc.assert(fc.property(variables, (env) => {
      const answer = outcome(() => configFromEnv(env));
      if (isChronowError(answer)) expect(['CONFIG_INVALID', 'CONFIG_NO_BACKEND']).toContain(answer.code);
      else {
        read += 1;
        expect(resolveConfig(configFromEnv(env)).backend.kind).toBeDefined();
      }
    }), { numRuns: 3_000 });
    expect(read).toBeGreaterThan(50);
  });

  it('name every problem by a variable that was given, where options of their own would have been named', () => {
    fc.assert(fc.property(variables, (env) => {
      const answer = outcome(() => configFromEnv({ ...env, CHRONOW_URL: 'memory:' }));
      if (!isChronowError(answer, 'CONFIG_INVALID')) return;
      const problems: unknown = answer.details['problems'];
      for (const problem of Array.isArray(problems) ? problems : []) expect(JSON.stringify(problem)).toMatch(/"name":"(?:(?:CHRONOW|REDIS|MONGO|SPACE)_[A-Z_]+(?:, )?)+"/);
    }), { numRuns: 2_000 });
  });
});
