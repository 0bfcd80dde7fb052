import { describe, expect, it } from 'vitest';
import { isChronowError } from '../../../src/errors.js';
import { checkName, checkSharedKey } from '../../../src/keys/names.js';

function refusedBy(call: () => void): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!isChronowError(error, 'NAME_INVALID')) throw error;
    return error.message;
  }
}

describe('a name', () => {
  it.each(['a', 'orders', 'A.b_c-9', 'a:1', 'a b', '{x}', 'müller', '日本', '👩‍🚀', '*', 'a'.repeat(200), 'ü'.repeat(100)])('%s is one', (name) => {
    expect(refusedBy(() => { checkName('topic', name); })).toBeUndefined();
  });

  it.each([
    ['', 'an empty text'],
    ['a'.repeat(201), `"${'a'.repeat(40)}"…, which has 201 bytes`],
    ['ü'.repeat(101), `"${'ü'.repeat(40)}"…, which has 202 bytes`],
    ['a\nb', '"a\\nb", which holds control characters or half a surrogate pair'],
    ['a\0', '"a\\u0000", which holds control characters or half a surrogate pair'],
    ['\u0085', '"\\u{85}", which holds control characters or half a surrogate pair'],
    ['\ud800', '"\\ud800", which holds control characters or half a surrogate pair'],
    ['a\u2028b', '"a\\u{2028}b", which holds control characters or half a surrogate pair'],
    ['\u202eevil\n', '"\\u{202e}evil\\n", which holds control characters or half a surrogate pair'],
  ])('%j is none', (name, got) => {
    expect(refusedBy(() => { checkName('subscription', name); })).toBe(`NAME_INVALID: a subscription name must be 1-200 bytes of printable text; got ${got}; choose another`);
  });

  it.each([undefined, null, 5, {}, ['a'], { toString: () => 'a' }])('%j is none', (name) => {
    // @ts-expect-error -- what a caller without types may give
    expect(refusedBy(() => { checkName('tenant', name); })).toMatch(/^NAME_INVALID: a tenant name must be 1-200 bytes of printable text; got a value of type /);
  });

  it('may be longer where it is a shared key', () => {
    expect(refusedBy(() => { checkSharedKey('k'.repeat(512)); })).toBeUndefined();
    expect(refusedBy(() => { checkSharedKey('k'.repeat(513)); })).toBe(`NAME_INVALID: a shared key must be 1-512 bytes of printable text; got "${'k'.repeat(40)}"…, which has 513 bytes; choose another`);
  });
});
