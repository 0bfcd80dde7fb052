import { describe, expect, it } from 'vitest';
import { isChronowError } from '../../../src/errors.js';
import { checkOptions, nearestName, shown, type OptionRules } from '../../../src/options/check-options.js';
import { boolean, callable, number, oneOf, wholeNumber } from '../../../src/options/rules.js';

const rules: OptionRules = { concurrency: wholeNumber(1, 100), timeoutMs: number(0, Infinity, 'milliseconds'), order: oneOf('none', 'key'), when: callable, enabled: boolean };

function said(options: unknown, required: readonly string[] = []): string | undefined {
  try {
    // @ts-expect-error -- what a caller without types may give
    checkOptions('work', options, rules, required);
    return undefined;
  } catch (error) {
    if (!isChronowError(error, 'OPTION_INVALID')) throw error;
    return error.message.slice('OPTION_INVALID: '.length);
  }
}

describe('checkOptions', () => {
  it.each<[object]>([[{}], [{ concurrency: 1 }], [{ concurrency: 100, timeoutMs: Infinity, order: 'key', when: () => true, enabled: false }], [{ concurrency: undefined }], [Object.create(null)]])('takes %o', (options) => {
    expect(said(options)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [{ concurency: 2 }, 'work has no option "concurency"; did you mean "concurrency"?'],
    [{ CONCURRENCY: 2 }, 'work has no option "CONCURRENCY"; did you mean "concurrency"?'],
    [{ timeout: 2 }, 'work has no option "timeout"; did you mean "timeoutMs"?'],
    [{ x: 2 }, 'work has no option "x"; it takes concurrency, timeoutMs, order, when, enabled'],
    [{ toString: 2 }, 'work has no option "toString"; it takes concurrency, timeoutMs, order, when, enabled'],
    [{ concurrency: 0 }, 'work({ concurrency }) must be a whole number, 1 to 100; got 0 (number)'],
    [{ concurrency: 1.5 }, 'work({ concurrency }) must be a whole number, 1 to 100; got 1.5 (number)'],
    [{ concurrency: '5' }, 'work({ concurrency }) must be a whole number, 1 to 100; got "5" (string)'],
    [{ concurrency: null }, 'work({ concurrency }) must be a whole number, 1 to 100; got null (null)'],
    [{ timeoutMs: NaN }, 'work({ timeoutMs }) must be a number of milliseconds, 0 or more; got NaN (number)'],
    [{ order: 'keys' }, `work({ order }) must be one of 'none', 'key'; got "keys" (string)`],
    [{ when: {} }, 'work({ when }) must be a function; got a value of type object'],
    [{ enabled: 1, order: [] }, `work({ enabled }) must be true or false; got 1 (number); work({ order }) must be one of 'none', 'key'; got an array`],
    [null, 'work takes its options as an object; got null (null)'],
    ['fast', 'work takes its options as an object; got "fast" (string)'],
    [5, 'work takes its options as an object; got 5 (number)'],
    [[], 'work takes its options as an object; got an array'],
  ])('of %o says what is wrong', (options, message) => {
    expect(said(options)).toBe(message);
  });

  it('says what is required, with the rest', () => {
    expect(said({ order: 5 }, ['concurrency'])).toBe(`work needs { concurrency }: a whole number, 1 to 100; work({ order }) must be one of 'none', 'key'; got 5 (number)`);
    expect(said({ concurrency: 5 }, ['concurrency'])).toBeUndefined();
  });

  it('says of a call without options that it takes none', () => {
    expect(() => { checkOptions('close', { a: 1 }, {}); }).toThrow('close has no option "a"; it takes none');
  });

  it('gives the problems as a list too', () => {
    try {
      checkOptions('work', { concurrency: 0, order: 0 }, rules);
      expect.unreachable();
    } catch (error) {
      expect(isChronowError(error) && error.details).toEqual({ call: 'work', problems: [expect.stringContaining('concurrency'), expect.stringContaining('order')] });
    }
  });
});

describe('nearestName', () => {
  const known = ['visibilityTimeoutMs', 'maxDeliveries', 'key', 'ids'];
  it.each([['visibilityTimout', 'visibilityTimeoutMs'], ['maxdeliverys', 'maxDeliveries'], ['kye', undefined], ['kez', 'key'], ['x', undefined], ['', undefined], ['id', undefined], ['deliveries', 'maxDeliveries']])('of %j is %j', (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });
});

describe('shown', () => {
  it.each<[unknown, string]>([
    ['a\nb', '"a\\nb" (string)'], ['x'.repeat(41), 'a text of 41 characters'], [true, 'true (boolean)'], [null, 'null (null)'], [undefined, 'a value of type undefined'], [1n, 'a value of type bigint'], [() => 1, 'a value of type function'], [{ password: 'x' }, 'a value of type object'], [['x'], 'an array'],
  ])('%o is %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });
});
