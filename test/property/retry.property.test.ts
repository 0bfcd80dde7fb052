import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelay, checkBackoff, listDelay, type Backoff } from '../../src/retry/backoff.js';

const ms = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.nat({ max: 100_000 }), fc.constantFrom(0, 0.4, Number.MAX_SAFE_INTEGER));
const schedule = fc.record({ initialMs: ms, factor: fc.double({ min: 1, max: 100, noNaN: true }), maxMs: ms }, { requiredKeys: ['initialMs'] });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const attempt = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 }));

const longestOf = ({ initialMs, maxMs = Math.max(30_000, initialMs) }: Backoff): number => maxMs;

describe('delays', () => {
  it('are whole and within the bounds, for every legal schedule, attempt and chance', () => {
    const jitter = fc.oneof(fc.constantFrom('full' as const, 'equal' as const, 'none' as const), fc.double({ noDefaultInfinity: true, noNaN: true }).map((answer) => () => answer));
    fc.assert(fc.property(schedule, jitter, attempt, chance, (given, spread, tried, drawn) => {
      const backoff: Backoff = { ...given, jitter: spread };
      checkBackoff('test', backoff);
      const delay = backoffDelay(backoff, tried, () => drawn);
      expect(Number.isSafeInteger(delay)).toBe(true);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(longestOf(backoff));
    }), { numRuns: 2_000 });
  });

  it('without chance never get shorter, and end at the longest', () => {
    fc.assert(fc.property(schedule, attempt, (given, tried) => {
      const backoff: Backoff = { ...given, jitter: 'none' };
      expect(backoffDelay(backoff, tried + 1, () => 0)).toBeGreaterThanOrEqual(backoffDelay(backoff, tried, () => 0));
      if (given.initialMs >= 1 && (given.factor ?? 2) >= 1.1) expect(backoffDelay(backoff, 1_000_000, () => 0)).toBe(Math.floor(longestOf(given)));
    }), { numRuns: 2_000 });
  });

  it('with chance lie between none, or half, and all of what they are without, and reach both ends', () => {
    fc.assert(fc.property(schedule, attempt, chance, (given, tried, drawn) => {
      const whole = backoffDelay({ ...given, jitter: 'none' }, tried, () => drawn);
      const full = backoffDelay({ ...given, jitter: 'full' }, tried, () => drawn);
      const equal = backoffDelay({ ...given, jitter: 'equal' }, tried, () => drawn);
      expect(full).toBeLessThanOrEqual(whole);
      expect(equal).toBeLessThanOrEqual(whole);
      expect(equal).toBeGreaterThanOrEqual(Math.floor(whole / 2));
      expect(backoffDelay({ ...given, jitter: 'full' }, tried, () => 0)).toBe(0);
      expect(whole - backoffDelay({ ...given, jitter: 'full' }, tried, () => 1 - 2 ** -53)).toBeLessThanOrEqual(1);
      // More chance, more delay.
      expect(backoffDelay({ ...given, jitter: 'full' }, tried, () => drawn / 2)).toBeLessThanOrEqual(full);
    }), { numRuns: 2_000 });
  });

  it('ask chance once where it counts, and never where it does not', () => {
    fc.assert(fc.property(schedule, attempt, (given, tried) => {
      const asked = (jitter: Backoff['jitter']): number => {
        let count = 0;
        backoffDelay({ ...given, jitter }, tried, () => { count += 1; return 0.5; });
        return count;
      };
      expect([asked('full'), asked('equal'), asked('none'), asked((delay) => delay)]).toEqual([1, 1, 0, 0]);
    }));
  });

  it('of a stored list are those of the list, and then its last', () => {
    fc.assert(fc.property(fc.array(fc.nat(), { maxLength: 6 }), attempt, (list, tried) => {
      expect(listDelay(list, tried)).toBe(list.length === 0 ? 0 : tried <= list.length ? list[tried - 1] : list.at(-1));
    }));
  });
});
