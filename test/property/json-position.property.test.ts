import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonErrorAt } from '../../src/codec/json-position.js';

const json = fc.json({ maxDepth: 4 });
const pieces = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"a"', '1', '-', '.5', 'e3', '0', 'true', 'null', ' ', '\\', '\\u0041', '\n', 'x'), maxLength: 12 });
/** JSON with a part cut out and something put in its place. */
const damaged = fc.tuple(json, fc.nat(), fc.nat({ max: 3 }), pieces).map(([text, start, cut, put]) => `${text.slice(0, start % (text.length + 1))}${put}${text.slice((start % (text.length + 1)) + cut)}`);

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the place where a text stops being JSON', () => {
  it('is there exactly where the parser refuses the text, and what follows does not change it', () => {
    let refused = 0;
    fc.assert(fc.property(fc.oneof(json, pieces, damaged), (text) => {
      const at = jsonErrorAt(text);
      expect(at === undefined).toBe(parses(text));
      if (at === undefined) return;
      refused += 1;
      expect(at).toBeLessThanOrEqual(text.length);
      if (at < text.length) expect(jsonErrorAt(text.slice(0, at + 1))).toBe(at);
    }), { numRuns: 5_000 });
    expect(refused).toBeGreaterThan(1_000);
  });
});
