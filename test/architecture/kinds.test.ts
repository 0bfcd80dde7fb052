import { describe, expect, it } from 'vitest';
import { kindOf } from '../config/kinds.js';
import { filesBelow, root } from './support/tree.js';

const stray = (paths: readonly string[]): readonly string[] =>
  paths.filter((path) => path.endsWith('.test-d.ts') || (path.endsWith('.test.ts') && kindOf(path) === undefined)).map((path) => `${path} would run nowhere; give its folder a kind in test/config/kinds.ts`);

describe('a test', () => {
  it('is of one kind by its folder', () => {
    expect(stray(filesBelow(`${root}/test`, 'test/'))).toEqual([]);
  });

  it('is refused where it would not run', () => {
    expect(stray(['test/unit/a.test.ts', 'test/nowhere/a.property.test.ts', 'test/nowhere/b.test.ts', 'test/c.test.ts', 'test/types/d.test-d.ts'])).toEqual([
      'test/nowhere/b.test.ts would run nowhere; give its folder a kind in test/config/kinds.ts',
      'test/c.test.ts would run nowhere; give its folder a kind in test/config/kinds.ts',
      'test/types/d.test-d.ts would run nowhere; give its folder a kind in test/config/kinds.ts',
    ]);
  });
});
