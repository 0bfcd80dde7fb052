import { describe, expect, it } from 'vitest';
import { size } from './guards/size.js';
import { house, planted } from './support/tree.js';

describe('a file', () => {
  it('has 350 lines at most', () => {
    expect(size(house)).toEqual([]);
  });

  it('is refused with one more', () => {
    expect(size(planted('size'))).toEqual(['operators/long.ts has 351 lines; 350 is the limit']);
  });
});
