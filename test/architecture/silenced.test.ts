import { describe, expect, it } from 'vitest';
import { silenced } from './guards/silenced.js';
import { house, planted } from './support/tree.js';

describe('a rule of the linter or the compiler', () => {
  it('is silenced nowhere', () => {
    expect(silenced(house)).toEqual([]);
  });

  it('is refused to be', () => {
    expect(silenced(planted('silenced'))).toEqual([
      'src/topic/quiet.ts:1 has eslint-disable',
      'src/topic/quiet.ts:3 has @ts-expect-error',
      'src/topic/quiet.ts:6 has @ts-ignore',
      "src/topic/quiet.ts:5 has 'as unknown as'",
      'src/topic/quiet.ts:8 has the type any',
    ]);
  });
});
