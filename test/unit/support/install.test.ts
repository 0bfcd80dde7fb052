import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findRedisServer, redisServer } from '../../support/redis/binary.js';
import { install, installer, thisMachine } from '../../support/servers/install.js';
import { onPath } from '../../support/servers/programs.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronow-install-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('redis-server', () => {
  it('is the one that the environment names', () => {
    const named = program('my-redis', 'exit 0');
    expect(findRedisServer({ CHRONOW_REDIS_SERVER: named, PATH: '' })).toBe(named);
  });

  it('is looked for nowhere else when the environment names one that is not there', () => {
    program('redis-server', 'exit 0');
    expect(() => findRedisServer({ CHRONOW_REDIS_SERVER: join(folder, 'nothing'), PATH: folder })).toThrow('CHRONOW_REDIS_SERVER is');
  });

  it('is found in the search path, where a program has its name', () => {
    expect(findRedisServer({ PATH: folder })).toBeUndefined();
    writeFileSync(join(folder, 'redis-server'), 'not a program');
    expect(findRedisServer({ PATH: folder })).toBeUndefined();
    expect(findRedisServer({ PATH: `/nowhere:${folder}` })).toBeUndefined();
    const found = program('redis-server', 'exit 0');
    expect(findRedisServer({ PATH: `/nowhere:${folder}` })).toBe(found);
  });

  it('is asked for by name when it is missing', () => {
    vi.stubEnv('PATH', folder);
    vi.stubEnv('CHRONOW_REDIS_SERVER', '');
    expect(() => redisServer()).toThrow('apt-get install redis-server');
  });
});

describe('installing', () => {
  const machine = { ci: true, root: true, sudo: false, apt: true };

  it('is for root, and in CI for who is root without a password', () => {
    expect(installer(machine)).toEqual([]);
    expect(installer({ ...machine, ci: false })).toEqual([]);
    expect(installer({ ...machine, root: false, sudo: true })).toEqual(['sudo', '-n']);
    expect(installer({ ...machine, root: false })).toBe('neither root nor sudo without a password');
    expect(installer({ ...machine, ci: false, root: false, sudo: true })).toBe('only root installs on a machine of your own');
    expect(installer({ ...machine, apt: false })).toBe('there is no apt-get here');
  });

  it('sees whether this is CI, and whether there is an apt-get', () => {
    program('apt-get', 'exit 0');
    expect(thisMachine({ CI: 'true', PATH: folder })).toMatchObject({ ci: true, apt: true });
    expect(thisMachine({ PATH: '/nowhere' })).toMatchObject({ ci: false, apt: false, sudo: false });
  });

  it('says what it installs, and asks for the lists where the package is not known', () => {
    // Knows no package before its lists are there, as in a fresh image.
    program('apt-get', `
      echo "$@" >> "${folder}/asked"
      case "$*" in
        *update*) touch "${folder}/lists" ;;
        *install*) [ -e "${folder}/lists" ] || exit 100; cp "${folder}/apt-get" "${folder}/redis-server" ;;
      esac`);
    vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
    const said: string[] = [];
    expect(install(['redis-server'], machine, (line) => said.push(line))).toBeUndefined();
    expect(said).toEqual(['missing for the tests: redis-server; installing: apt-get install -y redis-server']);
    expect(onPath('redis-server', folder)).toBe(join(folder, 'redis-server'));
  });

  it('says why it failed, and leaves no rule against services behind', () => {
    program('apt-get', 'echo "E: Unable to locate package" >&2; exit 100');
    vi.stubEnv('PATH', folder);
    const before = existsSync('/usr/sbin/policy-rc.d');
    expect(install(['redis-server'], machine, () => undefined)).toContain('Unable to locate package');
    expect(existsSync('/usr/sbin/policy-rc.d')).toBe(before);
  });
});
