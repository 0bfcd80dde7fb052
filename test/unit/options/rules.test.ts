import { describe, expect, it } from 'vitest';
import type { OptionRule } from '../../../src/options/check-options.js';
import { anything, boolean, callable, either, listOf, number, oneOf, signal, text, textOfBytes, wholeNumber, wholeNumberOrInfinity } from '../../../src/options/rules.js';

const like = Object.assign(new EventTarget(), { aborted: false });

describe('a rule', () => {
  it.each<[string, OptionRule, readonly unknown[], readonly unknown[], string]>([
    ['wholeNumber', wholeNumber(1, 3), [1, 3], [0, 4, 1.5, NaN, Infinity, '1', 1n], 'a whole number, 1 to 3'],
    ['wholeNumber without an end', wholeNumber(0, Number.MAX_SAFE_INTEGER, 'milliseconds'), [0, 1e15], [-1, 2 ** 60, Infinity], 'a whole number of milliseconds, 0 or more'],
    ['wholeNumberOrInfinity', wholeNumberOrInfinity(1), [1, Infinity], [0, -Infinity, 1.5, NaN], 'a whole number, 1 or more, or Infinity'],
    ['number', number(0, 1), [0, 0.5, 1], [-0.1, 1.1, NaN, '0'], 'a number, 0 to 1'],
    ['number up to Infinity', number(0, Infinity), [Infinity], [NaN], 'a number, 0 or more'],
    ['number above 0', number(Number.MIN_VALUE, Infinity, 'seconds'), [0.001], [0, -1], 'a number of seconds, above 0'],
    ['oneOf', oneOf(true, 'required'), [true, 'required'], [false, 'true', undefined, null], "one of true, 'required'"],
    ['text', text(1, 3), ['a', 'abc'], ['', 'abcd', 5], 'a text of 1-3 characters'],
    ['textOfBytes', textOfBytes(1, 3), ['a', '日', 'é'], ['', 'éé', 'a\ud800', 5], 'a text of 1-3 bytes without half surrogate pairs'],
    ['boolean', boolean, [true, false], [0, 'true', null], 'true or false'],
    ['callable', callable, [() => 1, Date], [{}, null], 'a function'],
    ['listOf', listOf(number(0, 9), 1), [[1], [1, 2]], [[], [1, 'x'], 1, { length: 1 }], 'a list of 1 or more, each a number, 0 to 9'],
    ['listOf, empty too', listOf(text(1, 9), 0), [[], ['a']], [[''], [,]], 'a list, each a text of 1-9 characters'],
    ['either', either(oneOf('full'), callable), ['full', () => 1], ['none', 5], "one of 'full', or a function"],
    ['signal', signal, [new AbortController().signal, AbortSignal.abort(), like], [{}, null, new AbortController(), { aborted: false }], 'an AbortSignal'],
  ])('%s', (_, rule, good, bad, expected) => {
    for (const value of good) expect(rule(value)).toBeUndefined();
    for (const value of bad) expect(rule(value)).toBe(expected);
  });

  it('that is no rule takes anything', () => {
    for (const value of [undefined, null, {}, 5]) expect(anything(value)).toBeUndefined();
  });
});
