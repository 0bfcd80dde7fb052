import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyFilter } from '../../../../src/adapters/mongo/connection/hints.js';
import { covers, coversKey, most, noKeys, opening, rangeOf, selectionOf, type StreamFilter } from '../../../../src/adapters/mongo/connection/stream-filter.js';

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.string({ maxLength: 3 }).map((end) => `cw:acme:sm:${end}`));
const keyFilter: fc.Arbitrary<KeyFilter> = fc.oneof(text.map((id) => ({ id })), text.map((prefix) => ({ prefix })));
const wanted = (filters: readonly KeyFilter[]): StreamFilter => ({ topics: new Set(), keys: selectionOf(filters) });
const many = fc.array(keyFilter, { maxLength: 40 });

describe('the keys that a change stream is opened for', () => {
  it('are all that are wanted, those that were wanted before, and never too many to name', () => {
    fc.assert(fc.property(many, many, fc.integer({ min: 1, max: 20 }), (before, now, times) => {
      // Enough of them to go beyond the bound.
      const all = now.flatMap((filter) => Array.from({ length: times }, (_, n) => ('id' in filter ? { id: `${filter.id}${n}` } : filter)));
      const opened = opening(wanted(before));
      const next = opening(wanted(all), opened.keys);
      expect(covers(next, wanted(all))).toBe(true);
      if (all.length > 0) expect(covers(next, wanted(before))).toBe(true);
      expect(next.keys.ids.size + next.keys.prefixes.size).toBeLessThanOrEqual(most);
    }));
  });

  it('are none other than those as long as they can be named, and none where nobody watches', () => {
    fc.assert(fc.property(many, text, (filters, id) => {
      const isWanted = filters.some((filter) => ('id' in filter ? filter.id === id : id.startsWith(filter.prefix)));
      expect(coversKey(opening(wanted(filters)), { id })).toBe(isWanted);
    }));
    expect(opening(wanted([]), selectionOf([{ id: 'a' }])).keys).toEqual(noKeys);
  });

  it('are those of a prefix that one bound above and one below leave', () => {
    fc.assert(fc.property(text, text, (prefix, id) => {
      const { $gte, $lt } = rangeOf(prefix);
      const order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(order(id, $gte) >= 0 && order(id, $lt) < 0).toBe(id.startsWith(prefix));
    }));
  });
});
