import type { OptionRule } from './check-options.js';

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number, unit = ''): OptionRule {
  const expected = `a whole number${unit === '' ? '' : ` of ${unit}`}, ${bounds(min, max)}`;
  return (value) => (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? undefined : expected);
}

/** A whole number within bounds, or Infinity. */
export function wholeNumberOrInfinity(min: number, unit = ''): OptionRule {
  const whole = wholeNumber(min, Number.MAX_SAFE_INTEGER, unit);
  return (value) => (value === Infinity || whole(value) === undefined ? undefined : `${whole(Number.NaN) ?? ''}, or Infinity`);
}

/** Any number within bounds; Infinity only where it is the upper one. */
export function number(min: number, max: number, unit = ''): OptionRule {
  const expected = `a number${unit === '' ? '' : ` of ${unit}`}, ${bounds(min, max)}`;
  return (value) => (typeof value === 'number' && value >= min && value <= max ? undefined : expected);
}

/** One of a few words. */
export function oneOf(...words: readonly (string | boolean)[]): OptionRule {
  const expected = `one of ${words.map((word) => (typeof word === 'string' ? `'${word}'` : String(word))).join(', ')}`;
  return (value) => ((typeof value === 'string' || typeof value === 'boolean') && words.includes(value) ? undefined : expected);
}

export function text(min: number, max: number): OptionRule {
  const expected = `a text of ${String(min)}-${String(max)} characters`;
  return (value) => (typeof value === 'string' && value.length >= min && value.length <= max ? undefined : expected);
}

/** A text with a length in bytes of UTF-8, which half a surrogate pair does not have. */
export function textOfBytes(min: number, max: number): OptionRule {
  const expected = `a text of ${String(min)}-${String(max)} bytes without half surrogate pairs`;
  return (value) => {
    if (typeof value !== 'string' || /\p{Cs}/u.test(value)) return expected;
    const bytes = Buffer.byteLength(value);
    return bytes >= min && bytes <= max ? undefined : expected;
  };
}

export const boolean: OptionRule = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

export const callable: OptionRule = (value) => (typeof value === 'function' ? undefined : 'a function');

/** Checked elsewhere, by what uses it. */
export const anything: OptionRule = () => undefined;

export function listOf(rule: OptionRule, min: number): OptionRule {
  return (value) => {
    const expected = `a list${min === 0 ? '' : ` of ${String(min)} or more`}, each ${rule(undefined) ?? 'anything'}`;
    // every() would pass over holes.
    return Array.isArray(value) && value.length >= min && Array.from<unknown>(value).every((item) => rule(item) === undefined) ? undefined : expected;
  };
}

export function either(...rules: readonly OptionRule[]): OptionRule {
  return (value) => (rules.some((rule) => rule(value) === undefined) ? undefined : rules.map((rule) => rule(undefined) ?? 'anything').join(', or '));
}

/** By its members: one of another realm, or of a DOM for tests, is no instance of ours. */
export const signal: OptionRule = (value) => {
  const valid = typeof value === 'object' && value !== null && typeof Reflect.get(value, 'aborted') === 'boolean' && typeof Reflect.get(value, 'addEventListener') === 'function';
  return valid ? undefined : 'an AbortSignal';
};

function bounds(min: number, max: number): string {
  if (min === Number.MIN_VALUE && max >= Number.MAX_SAFE_INTEGER) return 'above 0';
  if (max === Infinity || max === Number.MAX_SAFE_INTEGER) return `${String(min)} or more`;
  return `${String(min)} to ${String(max)}`;
}
