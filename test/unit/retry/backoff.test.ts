import { describe, expect, it } from 'vitest';
import { isChronowError } from '../../../src/errors.js';
import { backoffDelay, checkBackoff, listDelay, type Backoff } from '../../../src/retry/backoff.js';

const half = (): number => 0.5;
const delays = (backoff: Backoff, attempts = 6): number[] => Array.from({ length: attempts }, (_, index) => backoffDelay(backoff, index + 1, half));

describe('a schedule of retries', () => {
  it('doubles up to 30 seconds where nothing else is said', () => {
    expect(delays({ initialMs: 1_000, jitter: 'none' })).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
  });

  it('stays at its first delay where that is longer than 30 seconds and no longest is named', () => {
    expect(delays({ initialMs: 60_000, jitter: 'none' }, 3)).toEqual([60_000, 60_000, 60_000]);
  });

  it('is spread by chance where nothing else is said', () => {
    expect(delays({ initialMs: 1_000 }, 3)).toEqual([500, 1_000, 2_000]);
    expect(delays({ initialMs: 1_000, jitter: 'equal' }, 3)).toEqual([750, 1_500, 3_000]);
  });

  it('may be constant, none at all, or longer than its longest', () => {
    expect(delays({ initialMs: 70, factor: 1, jitter: 'none' }, 3)).toEqual([70, 70, 70]);
    expect(delays({ initialMs: 0, factor: 100, jitter: 'none' }, 3)).toEqual([0, 0, 0]);
    expect(delays({ initialMs: 500, maxMs: 100, jitter: 'none' }, 2)).toEqual([100, 100]);
  });

  it('stays whole and finite after ten thousand attempts', () => {
    for (const initialMs of [0, 0.1, 1_000]) expect(backoffDelay({ initialMs, factor: 100, jitter: 'none' }, 10_000, half)).toBe(initialMs === 0 ? 0 : 30_000);
    expect(backoffDelay({ initialMs: 10.4, maxMs: 10.6, jitter: 'none' }, 3, half)).toBe(10);
  });

  it('may be spread by a function, which is kept within the bounds', () => {
    const seen: number[][] = [];
    const jitter = (delayMs: number, attempt: number): number => { seen.push([delayMs, attempt]); return delayMs - 150.6; };
    expect(delays({ initialMs: 100, maxMs: 240, jitter }, 3)).toEqual([0, 49, 89]);
    expect(seen).toEqual([[100, 1], [200, 2], [240, 3]]);
    expect(delays({ initialMs: 100, maxMs: 200, jitter: () => 1e9 }, 1)).toEqual([200]);
  });

  it.each([NaN, Infinity, undefined, '5'])('refuses %o from such a function', (answer) => {
    // @ts-expect-error -- what a caller without types may give
    const call = (): number => backoffDelay({ initialMs: 1, jitter: () => answer }, 2, half);
    expect(call).toThrow(/^OPTION_INVALID: jitter\(2, 2\) must answer a number of milliseconds; got /);
  });
});

describe('checkBackoff', () => {
  const said = (backoff: unknown): string | undefined => {
    try {
      // @ts-expect-error -- what a caller without types may give
      checkBackoff('retryWithBackoff', backoff);
      return undefined;
    } catch (error) {
      if (!isChronowError(error, 'OPTION_INVALID')) throw error;
      return error.message.slice('OPTION_INVALID: '.length);
    }
  };

  it.each<[unknown]>([[{ initialMs: 0 }], [{ initialMs: 1, factor: 1, maxMs: 0, jitter: 'equal', maxAttempts: Infinity, maxElapsedMs: Infinity, when: () => true }], [{ initialMs: 1, jitter: () => 1, factor: undefined }]])('takes %o', (backoff) => {
    expect(said(backoff)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [{}, 'retryWithBackoff needs { initialMs }: a number of milliseconds, 0 or more'],
    [{ initialMs: -1 }, 'retryWithBackoff({ initialMs }) must be a number of milliseconds, 0 or more; got -1 (number)'],
    [{ initialMs: Infinity }, 'retryWithBackoff({ initialMs }) must be a number of milliseconds, 0 or more; got Infinity (number)'],
    [{ initialMs: 1, factor: 0.5 }, 'retryWithBackoff({ factor }) must be a number, 1 to 100; got 0.5 (number)'],
    [{ initialMs: 1, jitter: 'half' }, `retryWithBackoff({ jitter }) must be one of 'full', 'equal', 'none', or a function; got "half" (string)`],
    [{ initialMs: 1, maxAttempts: 0 }, 'retryWithBackoff({ maxAttempts }) must be a whole number, 1 or more, or Infinity; got 0 (number)'],
    [{ initialMs: 1, initalMs: 5 }, 'retryWithBackoff has no option "initalMs"; did you mean "initialMs"?'],
    [undefined, 'retryWithBackoff takes its options as an object; got a value of type undefined'],
  ])('refuses %o', (backoff, message) => {
    expect(said(backoff)).toBe(message);
  });
});

describe('a stored list of delays', () => {
  it('goes on with its last one', () => {
    expect([1, 2, 3, 4, 100].map((attempt) => listDelay([1_000, 5_000, 30_000], attempt))).toEqual([1_000, 5_000, 30_000, 30_000, 30_000]);
    expect([1, 9].map((attempt) => listDelay([70], attempt))).toEqual([70, 70]);
    expect(listDelay([], 3)).toBe(0);
  });
});
