import { describe, expect, it } from 'vitest';
import { cycles } from './guards/cycles.js';
import { house, planted } from './support/tree.js';

describe('the imports, of values and of types', () => {
  it('go round in no circle', () => {
    expect(cycles(house)).toEqual([]);
  });

  it('are refused where they do', () => {
    expect(cycles(planted('cycles'))).toEqual(['src/topic/a.ts, src/topic/b.ts, src/topic/c.ts import each other', 'src/topic/self.ts imports itself']);
  });
});
