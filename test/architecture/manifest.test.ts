import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sourceDoors } from '../config/doors.js';
import { dependencies, lockfileHosts, type Dependencies } from './guards/dependencies.js';
import { doors, emittedFor, type Manifest } from './guards/doors.js';
import { house, root } from './support/tree.js';

const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');
const manifestOf = (folder: string): Dependencies & Manifest => JSON.parse(read(`${folder}package.json`)) as Dependencies & Manifest;
const built = emittedFor(house.map(({ path }) => path));
const planted = 'test/fixtures/architecture/manifest/';

describe('the doors in package.json', () => {
  it('lead to what the compiler makes of the sources', () => {
    expect(doors(manifestOf(''), built)).toEqual([]);
  });

  it('are refused where they lead nowhere, or in the wrong order', () => {
    expect(doors(manifestOf(planted), [...built, 'lib/index.js', 'lib/index.d.ts'])).toEqual([
      'the door ./operators leads to ./dist/operators/no-such-file.js, which is not built',
      'the door ./memory has the conditions default, types; types, default is expected, in this order',
      'the door ./marbles is a plain path; write types and default',
      'the door ./lib leads to ./lib/index.d.ts, which is not packed',
      'the door ./lib leads to ./lib/index.js, which is not packed',
    ]);
  });

  it('are those that the compiler of the tests knows', () => {
    const { paths } = (JSON.parse(read('test/config/tsconfig.json').replace(/^\s*\/\/.*$/gm, '')) as { compilerOptions: { paths: Record<string, [string]> } }).compilerOptions;
    const known = Object.entries(paths).map(([door, [source]]) => [door, source.replace('../../', './')]);
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries([...sourceDoors()].filter(([door]) => door !== 'chronow/package.json')));
  });
});

describe('the dependencies in package.json', () => {
  it('are the few that were agreed on, pinned', () => {
    expect(dependencies(manifestOf(''))).toEqual([]);
  });

  it('are refused where one came along, or is loose', () => {
    expect(dependencies(manifestOf(planted))).toEqual([
      'the dependencies are lodash, rxjs, valibot; @standard-schema/spec is expected',
      'the peers are ioredis, rxjs; chronos-db, ioredis, mongodb, rxjs, vitest is expected',
      'the optional peers are none; chronos-db, ioredis, mongodb, vitest is expected',
      'vitest is ^4.1.12; an exact version is expected',
      'valibot is ~1.5.0; an exact version is expected',
      'rxjs is a dependency and a peer; a second copy of it would be another one',
    ]);
  });
});

describe('a lockfile', () => {
  it.each(['package-lock.json', 'bench/package-lock.json'])('%s names no registry', (lockfile) => {
    expect(lockfileHosts(read(lockfile))).toEqual([]);
  });

  it('is refused where it does', () => {
    expect(lockfileHosts('{ "resolved": "https://registry.example.org/rxjs/-/rxjs-7.8.2.tgz" }')).toEqual(['names https://registry.example.org']);
  });
});
