import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyBytes, exceeds } from '../../src/codec/body-size.js';
import { bytesCodec } from '../../src/codec/bytes-codec.js';
import { checkHeaders } from '../../src/codec/headers.js';
import { jsonCodec } from '../../src/codec/json-codec.js';
import { textCodec } from '../../src/codec/text-codec.js';
import { isChronowError } from '../../src/errors.js';

const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const anything = fc.anything({ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true, withSet: true, withSparseArray: true, withTypedArray: true, maxDepth: 5 });

/** What a call answers, or the code of its refusal. */
function answer(call: () => unknown): { readonly value: unknown } | string {
  try {
    return { value: call() };
  } catch (error) {
    if (isChronowError(error)) return error.code;
    throw error;
  }
}

/** True where a text holds half a surrogate pair. */
function hasHalfAPair(text: string): boolean {
  try {
    encodeURIComponent(text);
    return false;
  } catch {
    return true;
  }
}

describe('the JSON codec', () => {
  it('gives back every JSON value as it was', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }).filter((value) => !JSON.stringify(value).includes('__proto__')), (value) => {
      expect(jsonCodec.decode(jsonCodec.encode(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }), { numRuns: 1_000 });
  });

  it('makes of whatever it accepts what JSON makes of it, and refuses the rest with its own error', () => {
    let accepted = 0;
    fc.assert(fc.property(anything, (value) => {
      const encoded = answer(() => jsonCodec.encode(value));
      if (typeof encoded === 'string') {
        expect(encoded).toBe('PAYLOAD_UNENCODABLE');
        return;
      }
      accepted += 1;
      expect(jsonCodec.decode(String(encoded.value))).toEqual(JSON.parse(JSON.stringify(value)));
    }), { numRuns: 3_000 });
    expect(accepted).toBeGreaterThan(300);
  });

  it('accepts nothing of which JSON would lose a value', () => {
    const lossy = fc.constantFrom<unknown>(NaN, Infinity, () => 1, Symbol('s'), 1n, new Map(), new Set(), new Date(NaN), new Uint8Array(1), undefined);
    fc.assert(fc.property(fc.array(fc.jsonValue(), { maxLength: 3 }), lossy, fc.array(fc.jsonValue(), { maxLength: 3 }), fc.nat({ max: 5 }), (before, value, after, depth) => {
      let whole: unknown = [...before, value, ...after];
      for (let level = 0; level < depth; level += 1) whole = level % 2 === 0 ? { a: 1, whole } : [whole];
      expect(answer(() => jsonCodec.encode(whole))).toBe('PAYLOAD_UNENCODABLE');
    }), { numRuns: 1_000 });
  });

  it('makes of any garbage a value or PAYLOAD_UNDECODABLE, and says no word of it', () => {
    const garbage = fc.oneof(fc.uint8Array({ maxLength: 200 }), anyText, fc.json().map((text) => text.slice(0, -1)), fc.json().map((text) => new TextEncoder().encode(`${text}\0`)), fc.string({ unit: fc.constantFrom(...'[]{}",:0'), maxLength: 500 }));
    fc.assert(fc.property(garbage, (body) => {
      try {
        jsonCodec.decode(body);
      } catch (error) {
        if (!isChronowError(error, 'PAYLOAD_UNDECODABLE')) throw error;
        expect(error.message).toMatch(/^PAYLOAD_UNDECODABLE: the body \(\d+ (?:bytes|characters)\) is (?:not UTF-8 text|not JSON at position \d+|JSON nested deeper than 200 levels|JSON with a member named __proto__)$/);
        expect([error.cause, Object.keys(error.details)]).toEqual([undefined, error.message.includes(' at position ') ? ['position'] : []]);
      }
    }), { numRuns: 3_000 });
  });

  it('hands on no object that would change the prototype of a copy of it', () => {
    const hostile = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, fc.constant(1), fc.dictionary(fc.constantFrom('__proto__', 'a', 'constructor', 'prototype'), tie('value'), { noNullPrototype: true }), fc.array(tie('value'), { maxLength: 2 })),
    })).value;
    const pollutes = (value: unknown): boolean => typeof value === 'object' && value !== null && (Object.hasOwn(value, '__proto__') || Object.values(value).some(pollutes));
    fc.assert(fc.property(hostile.map((value) => JSON.stringify(value)), fc.boolean(), (text, hidden) => {
      const decoded = answer(() => jsonCodec.decode(hidden ? text.replaceAll('_p', '\\u005fp') : text));
      expect(typeof decoded === 'string').toBe(pollutes(JSON.parse(text)));
    }), { numRuns: 2_000 });
  });
});

describe('the codecs of bytes and text', () => {
  it('give back what they were given', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(bytesCodec.decode(bytesCodec.encode(bytes))).toEqual(bytes);
      expect(bytesCodec.decode(Buffer.from(bytes))).toEqual(bytes);
    }));
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), anyText, fc.constant('\ufeffmark')), (text) => {
      const body = answer(() => textCodec.encode(text));
      if (typeof body === 'string') expect([body, hasHalfAPair(text)]).toEqual(['PAYLOAD_UNENCODABLE', true]);
      else expect([textCodec.decode(text), textCodec.decode(new TextEncoder().encode(text))]).toEqual([text, text]);
    }), { numRuns: 1_000 });
  });

  it('make of any bytes a text that has them, or PAYLOAD_UNDECODABLE', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      const text = answer(() => textCodec.decode(bytes));
      if (typeof text === 'string') expect(text).toBe('PAYLOAD_UNDECODABLE');
      else expect(new TextEncoder().encode(String(text.value))).toEqual(bytes);
    }), { numRuns: 1_000 });
  });
});

describe('sizes and headers', () => {
  it('count the bytes of UTF-8', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.nat({ max: 400 }), (text, limit) => {
      const bytes = new TextEncoder().encode(text);
      expect([bodyBytes(text), bodyBytes(bytes)]).toEqual([bytes.length, bytes.length]);
      expect([exceeds(text, limit), exceeds(bytes, limit)]).toEqual([bytes.length > limit, bytes.length > limit]);
    }), { numRuns: 1_000 });
  });

  it('of a message are a frozen copy without a prototype, or refused', () => {
    fc.assert(fc.property(fc.dictionary(fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('__proto__', 'constructor', 'cw-x', 'type')), fc.oneof(fc.string(), anyText), { maxKeys: 4 }), (headers) => {
      const checked = answer(() => checkHeaders(headers));
      if (typeof checked === 'string') {
        expect(checked).toBe('HEADERS_INVALID');
        return;
      }
      expect(Object.isFrozen(checked.value)).toBe(true);
      expect(Object.getPrototypeOf(checked.value)).toBeNull();
      expect(Object.entries(checked.value ?? {})).toEqual(Object.entries(headers));
    }), { numRuns: 2_000 });
  });
});
