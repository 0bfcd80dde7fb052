import { describe, expect, it } from 'vitest';
import { bodyBytes, exceeds } from '../../../src/codec/body-size.js';
import { bytesCodec } from '../../../src/codec/bytes-codec.js';
import type { Codec } from '../../../src/codec/codec.js';
import { checkHeaders, maxHeaderBytes } from '../../../src/codec/headers.js';
import { jsonCodec } from '../../../src/codec/json-codec.js';
import { textCodec } from '../../../src/codec/text-codec.js';
import { refusal } from './support.js';

const canary = 'CaNaRy77';

describe('the built-in codecs', () => {
  it('have names that may be stored, each its own', () => {
    const codecs: readonly Pick<Codec, 'name' | 'contentType'>[] = [jsonCodec, bytesCodec, textCodec];
    expect(codecs.map(({ name, contentType }) => [name, contentType])).toEqual([['json', 'application/json'], ['bytes', 'application/octet-stream'], ['text', 'text/plain; charset=utf-8']]);
  });
});

describe('bytesCodec', () => {
  it('shares no memory with the sender, nor with another receiver', () => {
    const sent = Buffer.from([1, 2, 3]);
    const body = bytesCodec.encode(sent);
    sent[0] = 9;
    const received = bytesCodec.decode(body);
    received[1] = 9;
    expect([...bytesCodec.decode(body)]).toEqual([1, 2, 3]);
    expect(Buffer.isBuffer(received)).toBe(false);
  });

  it('gives a text body as UTF-8', () => {
    expect([...bytesCodec.decode('é')]).toEqual([0xc3, 0xa9]);
  });

  it.each<[unknown]>([[canary], [new ArrayBuffer(1)], [new Uint16Array(1)], [[1]], [undefined], [null]])('refuses %o', (value) => {
    // @ts-expect-error -- what a caller without types may give
    const error = refusal(() => bytesCodec.encode(value));
    expect([error.code, error.message]).toEqual(['PAYLOAD_UNENCODABLE', expect.not.stringContaining(canary)]);
  });
});

describe('textCodec', () => {
  it.each<[unknown]>([[5], [{ canary }], [undefined], [`${canary} \ud800`]])('refuses %o', (value) => {
    // @ts-expect-error -- what a caller without types may give
    const error = refusal(() => textCodec.encode(value));
    expect([error.code, error.message]).toEqual(['PAYLOAD_UNENCODABLE', expect.not.stringContaining(canary)]);
  });

  it('says of bytes that are no UTF-8 only how many there are', () => {
    const error = refusal(() => textCodec.decode(Buffer.concat([Buffer.from(canary), Buffer.from([0xff])])));
    expect([error.message, error.cause]).toEqual(['PAYLOAD_UNDECODABLE: the body (9 bytes) is not UTF-8 text', undefined]);
  });
});

describe('the size of a body', () => {
  it.each<[string | Uint8Array, number]>([['', 0], ['abc', 3], ['é', 2], ['日', 3], ['👩', 4], [new Uint8Array(7), 7]])('of %o is %i bytes', (body, bytes) => {
    expect(bodyBytes(body)).toBe(bytes);
    expect([exceeds(body, bytes), bytes > 0 && exceeds(body, bytes - 1)]).toEqual([false, bytes > 0]);
  });
});

describe('headers', () => {
  it('are a copy that nobody changes and that has no prototype', () => {
    const given = { type: 'payment.created', 'x-trace': '' };
    const checked = checkHeaders(given);
    given.type = 'other';
    expect(checked).toEqual(Object.assign(Object.create(null), { type: 'payment.created', 'x-trace': '' }));
    expect([Object.isFrozen(checked), 'toString' in checked]).toEqual([true, false]);
    expect(checkHeaders(undefined)).toEqual(Object.create(null));
  });

  it('may have 32 KiB in all, in UTF-8', () => {
    const fits = { name: 'é'.repeat((maxHeaderBytes - 4) / 2) };
    expect(checkHeaders(fits)).toMatchObject(fits);
    const error = refusal(() => checkHeaders({ ...fits, a: '' }));
    expect([error.code, error.message, error.details]).toEqual(['HEADERS_TOO_LARGE', 'HEADERS_TOO_LARGE: headers may have 32768 bytes in all; got 32769; put large values into the payload', { bytes: 32_769, maxBytes: 32_768 }]);
  });

  it.each<[string, unknown]>([
    ['null', null], ['a text', 'a'], ['a list', [['a', 'b']]], ['a Map', new Map([['a', canary]])], ['Headers', new Headers({ a: canary })], ['a number', { a: 5 }], ['undefined', { a: undefined }], ['an object', { a: { b: canary } }],
    ['half a surrogate pair', { a: `${canary} \udc00` }], ['an empty name', { '': 'x' }], ['a name with a space', { 'a b': 'x' }], ['a name with a line end', { 'a\r\n': 'x' }], ['a name that is not ASCII', { ä: 'x' }], ['a long name', { ['n'.repeat(257)]: 'x' }],
    ['__proto__', JSON.parse('{"__proto__":"x"}')], ['constructor', { constructor: 'x' }], ['prototype', { Prototype: 'x' }], ['a reserved name', { 'CW-retry': 'x' }],
  ])('refuse %s, and show no value', (_, headers) => {
    // @ts-expect-error -- what a caller without types may give
    const error = refusal(() => checkHeaders(headers));
    expect(error.code).toBe('HEADERS_INVALID');
    expect(error.message).not.toContain(canary);
    expect(error.message.length).toBeLessThan(300);
  });
});
