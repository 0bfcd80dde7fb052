import { ChronowError } from '../errors.js';
import type { Headers } from '../port/message.js';
import { isWellFormed } from './utf8.js';

/** The most bytes the names and values of a message's headers may have together. */
export const maxHeaderBytes: number = 32 * 1_024;

const none: Headers = Object.freeze(bare());
// Names that would change an object's prototype where somebody copies headers naively, and our own reserved ones.
const forbidden = /^(?:__proto__|constructor|prototype)$|^cw-/i;
const printable = /^[\x21-\x7e]{1,256}$/;

/** A frozen copy of user headers without a prototype. Throws `HEADERS_INVALID` or `HEADERS_TOO_LARGE`; never with a value. */
export function checkHeaders(headers: Readonly<Record<string, string>> | undefined): Headers {
  if (headers === undefined) return none;
  if (!isRecord(headers)) throw invalid('headers must be a plain object of text to text (a Map or Headers: Object.fromEntries(it))');
  const copy = bare();
  let bytes = 0;
  for (const name of Object.keys(headers)) {
    const value: unknown = headers[name];
    if (!printable.test(name) || forbidden.test(name)) throw invalid(`a header name must be 1-256 printable ASCII characters without spaces, not __proto__, constructor or prototype, and not begin with "cw-"; got ${JSON.stringify(name.slice(0, 60))}`);
    if (typeof value !== 'string') throw invalid(`header "${name}" must be a text; got a value of type ${typeof value}`);
    if (!isWellFormed(value)) throw invalid(`header "${name}" holds half a surrogate pair, which UTF-8 cannot write`);
    bytes += name.length + Buffer.byteLength(value);
    copy[name] = value;
  }
  if (bytes > maxHeaderBytes) throw new ChronowError('HEADERS_TOO_LARGE', `headers may have ${String(maxHeaderBytes)} bytes in all; got ${String(bytes)}; put large values into the payload`, { details: { bytes, maxBytes: maxHeaderBytes } });
  return Object.freeze(copy);
}

/** Not a Map, Headers or the like, whose entries are no properties: they would be lost without a word. */
function isRecord(headers: unknown): boolean {
  return Object.prototype.toString.call(headers) === '[object Object]';
}

function invalid(message: string): ChronowError {
  return new ChronowError('HEADERS_INVALID', message);
}

/** An object without a prototype: no name of a header can mean anything to JavaScript. */
function bare(): Record<string, string> {
  const object: Record<string, string> = {};
  Object.setPrototypeOf(object, null);
  return object;
}
