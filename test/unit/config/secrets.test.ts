import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configFromEnv } from '../../../src/config/env.js';
import { optionRows } from '../../../src/config/options.js';
import { redacted, redactUrl } from '../../../src/config/redact.js';
import { resolveConfig } from '../../../src/config/resolve.js';
import { Secret } from '../../../src/config/secret.js';
import { isChronowError } from '../../../src/errors.js';
import { outcome, printed, printedRaw } from './support.js';

const canary = 'CaNaRy77';

/** Ways to write, and to mistype, a text that holds a password. */
const texts = [
  `redis://user:${canary}@host:6379/0`, `redis://:${canary}@host`, `redis://${canary}@host`, `redis://user:${canary}@`, `redis://user:${canary}`, `redis:/user:${canary}@host`, `user:${canary}@host:6379`, canary,
  `redis://user:a/${canary}@host`, `redis://user:a@${canary}@host`, `redis://user:a#${canary}@host`, `redis://user:a?${canary}@host`, `redis://user:${canary}@host:99999`, `redis://user:%zz${canary}@host`, `redis://host/0?password=${canary}`,
  `redis://host/0#${canary}`, `redis://user:a/${canary}`, `rediss://user:${canary}@host/x`, `redis+cluster://user:${canary}@a:1,b:2/3`, `redis+sentinel://user:${canary}@a,b`, `mongodb://user:${canary}@a,b/?replicaSet=r`,
  `mongodb+srv://user:${canary}@h/db?authMechanismProperties=AWS_SESSION_TOKEN:${canary}`, `mongodb://user:${canary} x@h`, `http://user:${canary}@host`, ` redis://user:${canary}@host`, `redis://user:${canary}@host\n`, `["${canary}@a:1"]`, `[“${canary}`,
  `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----`, `-----BEGIN CERTIFICATE-----\n${canary}`,
];

function at(name: string, value: unknown): object {
  const [group = '', member] = name.split('.');
  return { [group]: member === undefined ? value : { [member]: value } };
}

describe('a secret', () => {
  it('is shown by no error and no configuration, in whatever variable with a secret it stands', () => {
    for (const { env } of optionRows.filter(({ env, secret }) => env !== undefined && secret)) {
      for (const text of texts) {
        for (const more of [{}, { CHRONOW_MONGO_ONLY: 'true' }, { REDIS_URL: 'redis://h/3' }, { REDIS_DB: 'x' }]) {
          const variables = { CHRONOW_URL: undefined, ...more, [env ?? '']: text };
          const config = outcome(() => configFromEnv(variables));
          expect(printed(config).includes(canary) ? `${String(env)} shows ${text}` : '').toBe('');
          if (!isChronowError(config)) expect(printedRaw(outcome(() => resolveConfig(configFromEnv(variables))))).not.toContain(canary);
        }
      }
    }
  });

  it('is shown by no error, in whatever option it stands, and by no resolved configuration of the options meant for it', () => {
    for (const { name, secret } of optionRows) {
      for (const text of texts) {
        if (!secret && !/[@:]/.test(text)) continue;
        for (const value of [text, [text], { url: text }, { password: text }]) {
          if (!secret && typeof value === 'string' && !value.includes('://')) continue;
          for (const more of [{}, { url: 'redis://h' }, { mongoOnly: true }]) {
            const answer = outcome(() => resolveConfig({ ...more, ...at(name, value) }));
            if (!secret && !isChronowError(answer)) continue;
            expect(printedRaw(answer).includes(canary) ? `${name} shows ${JSON.stringify(value)}` : '').toBe('');
          }
        }
      }
    }
  });

  it('is shown by no error where options have wrong names or places', () => {
    for (const config of [{ redis: `redis://u:${canary}@h` }, { redis: { host: canary, passwort: canary } }, { password: canary }, { mongo: `mongodb://u:${canary}@h` }, { chronos: { config: canary } }, { chronos: { config: { dbConnections: { m: { mongoUri: `http://u:${canary}@h` } }, databases: { messaging: { dbConnRef: 'm', dbName: 'd' } } } } }]) {
      // @ts-expect-error -- what a caller without types may give
      const answer = outcome(() => resolveConfig(config));
      expect(isChronowError(answer, 'CONFIG_INVALID')).toBe(true);
      expect(`${printed(answer)}\n${inspect(answer, { depth: null, showHidden: true })}`).not.toContain(canary);
    }
  });

  it('is where a driver can get it', () => {
    const { backend, warm } = resolveConfig({ redis: { url: `redis://u:${canary}@h` }, mongo: { uri: `mongodb://u:${canary}@h` } });
    expect([backend.kind === 'redis' && backend.password?.reveal(), warm.tier?.others?.uri.reveal()]).toEqual([canary, `mongodb://u:${canary}@h`]);
    expect(String(warm.tier?.others?.uri)).toBe('mongodb://u:***@h');
  });

  it('is kept by Secret, however it is printed', () => {
    const secret = new Secret({ deep: canary }, 'a thing');
    expect(secret.reveal().deep).toBe(canary);
    expect(printedRaw(secret)).not.toContain(canary);
    expect([String(secret), JSON.stringify({ secret })]).toEqual(['a thing', '{"secret":"a thing"}']);
  });
});

describe('redactUrl', () => {
  it.each([
    ['redis://user:secret@host:6379/0', 'redis://user:***@host:6379/0'],
    ['redis://:secret@host', 'redis://:***@host'],
    ['redis://secret@host', 'redis://***@host'],
    ['redis://host:6379', 'redis://host:6379'],
    ['redis+cluster://u:p@a:1,[::1]:2', 'redis+cluster://u:***@a:1,[::1]:2'],
    ['redis+sentinel://u:p@a:1,b:2/main/0', 'redis+sentinel://u:***@a:1,b:2/main/0'],
    ['mongodb://u:p@h/db?authSource=admin', 'mongodb://u:***@h/db?***'],
    ['redis://u:p@ss@h', 'redis://u:***@h'],
    ['redis://u:secret', 'redis://***'],
    ['redis://u:p@', 'redis://u:***@'],
    ['memory:', 'memory:'],
    ['no scheme', 'a text of 9 characters'],
  ])('makes %s into %s', (url, expected) => {
    expect(redactUrl(url)).toBe(expected);
  });

  it('never shows a password, whatever stands around it', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'ab1:/@?#%,[] .'), maxLength: 12 });
    fc.assert(fc.property(fc.constantFrom('redis://', 'rediss://', 'mongodb://', 'redis+sentinel://', ''), noise, noise, fc.constantFrom('', 'host', 'a:1,b:2'), (scheme, before, after, host) => {
      // Everything between the first colon of the credentials and the last @ is the password.
      const url = `${scheme}user:${before}${canary}${after}@${host}`;
      expect(redactUrl(url)).not.toContain(canary);
      expect(redacted(url, true)).not.toContain(canary);
      expect(redacted(url, false)).not.toContain(canary);
    }), { numRuns: 2_000 });
  });
});
