import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../../src/codec/json-codec.js';
import { nested, refusal } from './support.js';

const canary = 'CaNaRy77';
const again = (value: unknown): unknown => jsonCodec.decode(jsonCodec.encode(value));

const jsonParse = (text: string): unknown => JSON.parse(text);

class Money {
  readonly amount: number = 2;
  readonly currency: string = 'EUR';
  readonly #factor: number = 100;
  get cents(): number { return this.amount * this.#factor; }
}

class Sealed {
  readonly #secret: string = canary;
  get secret(): string { return this.#secret; }
}

class Tagged {
  readonly amount = 1;
  get [Symbol.toStringTag](): string { return 'Tagged'; }
}

describe('the JSON codec takes', () => {
  it.each<[unknown, unknown]>([
    [null, null], ['', ''], [0, 0], [-0, 0], [false, false], [[], []], [{}, {}], ['\ud800 half', '\ud800 half'], ['\u2028"\\', '\u2028"\\'],
    [{ a: undefined, b: 1 }, { b: 1 }],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [{ at: new URL('https://h/p') }, { at: 'https://h/p' }],
    [new Money(), { amount: 2, currency: 'EUR' }],
    [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [{ toJSON: () => ({ as: 'it says' }) }, { as: 'it says' }],
    [{ toJSON: 'no function' }, { toJSON: 'no function' }],
    [{ constructor: 1, prototype: { a: 1 } }, { constructor: 1, prototype: { a: 1 } }],
    [{ [Symbol('s')]: 1, a: 1 }, { a: 1 }],
  ])('%o', (value, expected) => {
    expect(again(value)).toEqual(expected);
  });

  it('bytes as well as text, with or without a byte order mark', () => {
    expect(jsonCodec.decode(new TextEncoder().encode('{"ä":"👩‍🚀"}'))).toEqual({ ä: '👩‍🚀' });
    expect(jsonCodec.decode(new TextEncoder().encode('\ufeff1'))).toBe(1);
    expect(jsonCodec.decode(Buffer.from('[1]').subarray(0, 3))).toEqual([1]);
  });

  it('200 levels and no more, both ways', () => {
    expect(again(nested(200))).toEqual(nested(200));
    expect(refusal(() => jsonCodec.encode(nested(201))).message).toContain('nested deeper than 200 levels, or refers to itself');
    const text = (levels: number): string => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
    expect(() => jsonCodec.decode(text(200))).not.toThrow();
    expect(refusal(() => jsonCodec.decode(text(202))).code).toBe('PAYLOAD_UNDECODABLE');
    expect(refusal(() => jsonCodec.decode('['.repeat(200_000) + ']'.repeat(200_000))).code).toBe('PAYLOAD_UNDECODABLE');
  });

  it('brackets in texts for what they are', () => {
    const value = { text: '[{'.repeat(1_000), '"[[': '\\"['.repeat(500) };
    expect(again(value)).toEqual(value);
  });
});

describe('the JSON codec refuses', () => {
  const circle: Record<string, unknown> = {};
  circle['again'] = { circle };
  const holes: unknown[] = [1];
  holes[2] = 3;

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'the payload cannot be encoded as JSON: it is undefined; publish null for "no value"'],
    ['a function', () => canary, 'the payload cannot be encoded as JSON: a value of type function has no JSON form'],
    ['a symbol', { s: Symbol(canary) }, 'the payload at s cannot be encoded as JSON: a value of type symbol has no JSON form'],
    ['a BigInt', { ids: [1n] }, 'the payload at ids[0] cannot be encoded as JSON: a value of type bigint has no JSON form'],
    ['NaN', { a: { b: [{ c: NaN }] } }, 'the payload at a.b[0].c cannot be encoded as JSON: NaN has no JSON form'],
    ['an infinity', [-Infinity], 'the payload at [0] cannot be encoded as JSON: -Infinity has no JSON form'],
    ['an invalid Date', { at: new Date(NaN) }, 'the payload at at cannot be encoded as JSON: it is an invalid Date'],
    ['undefined in a list', [1, undefined], 'the payload at [1] cannot be encoded as JSON: a value of type undefined has no JSON form'],
    ['a hole in a list', holes, 'the payload at [1] cannot be encoded as JSON: a value of type undefined has no JSON form'],
    ['a Map', { m: new Map([[canary, 1]]) }, 'the payload at m cannot be encoded as JSON: Map has no JSON form; publish a plain object or give the class toJSON()'],
    ['a Set', new Set([canary]), 'the payload cannot be encoded as JSON: Set has no JSON form; publish a plain object or give the class toJSON()'],
    ['a WeakRef', new WeakRef({}), 'the payload cannot be encoded as JSON: WeakRef has no JSON form; publish a plain object or give the class toJSON()'],
    ['a Promise', { p: Promise.resolve(canary) }, 'the payload at p cannot be encoded as JSON: Promise has no JSON form; publish a plain object or give the class toJSON()'],
    ['an Error', new Error(canary), 'the payload cannot be encoded as JSON: Error has no JSON form; publish a plain object or give the class toJSON()'],
    ['a RegExp', [/x/], 'the payload at [0] cannot be encoded as JSON: RegExp has no JSON form; publish a plain object or give the class toJSON()'],
    ['a class with a tag', new Tagged(), 'the payload cannot be encoded as JSON: Tagged has no JSON form; publish a plain object or give the class toJSON()'],
    ['a class with private fields only', { s: new Sealed() }, 'the payload at s cannot be encoded as JSON: an instance of a class without a single field that JSON sees (private ones and accessors it does not); publish a plain object or give the class toJSON()'],
    ['a Date that says something else', { at: Object.assign(new Date(0), { toJSON: () => undefined }) }, 'the payload at at cannot be encoded as JSON: a value of type undefined has no JSON form'],
    ['bytes', { b: new Uint8Array(3) }, 'the payload at b cannot be encoded as JSON: Uint8Array has no JSON form; publish bytes with bytesCodec, or as base64 text'],
    ['a Buffer', Buffer.from(canary), 'the payload cannot be encoded as JSON: Uint8Array has no JSON form; publish bytes with bytesCodec, or as base64 text'],
    ['a circle', { circle }, 'the payload at circle.again.circle.again.circle.again.circle.again cannot be encoded as JSON: it is nested deeper than 200 levels, or refers to itself'],
    ['a bad answer of toJSON', { a: { toJSON: () => ({ b: NaN }) } }, 'the payload at a.b cannot be encoded as JSON: NaN has no JSON form'],
    ['no answer of toJSON', { a: { toJSON: () => undefined } }, 'the payload at a cannot be encoded as JSON: a value of type undefined has no JSON form'],
    ['a Map from toJSON', Object.assign([1], { toJSON: () => new Map() }), 'the payload cannot be encoded as JSON: Map has no JSON form; publish a plain object or give the class toJSON()'],
    ['a member __proto__', { a: jsonParse('{"__proto__":{"admin":true}}') }, 'the payload at a cannot be encoded as JSON: it has a member named __proto__'],
    ['what is under a strange name', { 'a b': { '': { 'x"y': NaN } } }, 'the payload at ["a b"][""]["x\\"y"] cannot be encoded as JSON: NaN has no JSON form'],
  ])('%s, naming the place and never the value', (_, value, message) => {
    const error = refusal(() => jsonCodec.encode(value));
    expect([error.code, error.message]).toEqual(['PAYLOAD_UNENCODABLE', `PAYLOAD_UNENCODABLE: ${message}`]);
    expect(JSON.stringify(error)).not.toContain(canary);
  });

  it('a path longer than a line', () => {
    const error = refusal(() => jsonCodec.encode({ ['k'.repeat(10_000)]: { a: { b: { c: { d: { e: { f: { g: { h: { i: NaN } } } } } } } } } }));
    expect(error.message.length).toBeLessThan(250);
    expect(error.details['path']).toMatch(/\.a\.b\.c\.d\.e\.f\.g$/);
  });

  it('what throws while it is read, keeping the cause', () => {
    const cause = new Error('mine');
    for (const value of [{ get a(): never { throw cause; } }, { toJSON: (): never => { throw cause; } }]) {
      const error = refusal(() => jsonCodec.encode(value));
      expect([error.code, error.cause, error.message]).toEqual(['PAYLOAD_UNENCODABLE', cause, 'PAYLOAD_UNENCODABLE: the payload threw while it was encoded as JSON']);
    }
  });

  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', '(0 characters) is not JSON at position 0'],
    ['other text', `{"${canary}"`, '(11 characters) is not JSON at position 11'],
    ['JSON and more', '{} x', '(4 characters) is not JSON at position 3'],
    ['NaN', 'NaN', '(3 characters) is not JSON at position 0'],
    ['bytes that are no JSON', new TextEncoder().encode(`["${canary}",]`), '(13 bytes) is not JSON at position 12'],
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), '(3 bytes) is not UTF-8 text'],
    ['half a character', new Uint8Array([0x22, 0xc3]), '(2 bytes) is not UTF-8 text'],
  ])('a body of %s, with its place and without a word of it', (_, body, reason) => {
    const error = refusal(() => jsonCodec.decode(body));
    expect(error.message).toBe(`PAYLOAD_UNDECODABLE: the body ${reason}`);
    expect([JSON.stringify(error), error.cause]).toEqual([expect.not.stringContaining(canary), undefined]);
  });

  it.each(['{"__proto__":{"admin":true}}', '[{"a":{"__proto__":1}}]', '{"\\u005f_proto__":{"admin":true}}', '{"__\\u0070roto__":1}', '{"__proto\\u005F_":1}', `{"pad":"${'x'.repeat(500)}","\\u005F\\u005Fproto\\u005f\\u005f":1}`])('a body that would change a prototype: %s', (body) => {
    expect(refusal(() => jsonCodec.decode(body)).code).toBe('PAYLOAD_UNDECODABLE');
  });

  it('no text that only speaks of __proto__', () => {
    for (const value of ['__proto__', ['__proto__'], { a: '"__proto__":', proto: 1 }]) expect(again(value)).toEqual(value);
  });
});
