import { ChronowError } from '../errors.js';
import type { Headers } from '../port/message.js';

/** The most bytes the names and values of a message's headers may have together. */
export const maxHeaderBytes: number = 32 * 1_024;

const none: Headers = Object.freeze(Object.create(null));
// Names that would change an object's prototype where somebody copies headers naively, and our own reserved ones.
const forbidden = /^(__proto__|constructor|prototype)$|^cw-/i;
const printable = /^[\x21-\x7e]{1,256}$/;

/** A frozen copy of user headers without a prototype. Throws `HEADERS_INVALID` or `HEADERS_TOO_LARGE`. */
export function checkHeaders(headers: Readonly<Record<string, string>> | undefined): Headers {
  if (headers === undefined) return none;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) throw invalid('headers must be an object of text to text');
  const copy: Record<string, string> = Object.create(null);
  let bytes = 0;
  for (const name of Object.keys(headers)) {
    const value: unknown = headers[name];
    if (!printable.test(name) || forbidden.test(name)) throw invalid(`a header name must be 1-256 printable ASCII characters without spaces, not __proto__, constructor or prototype, and not begin with "cw-"; got ${JSON.stringify(name.slice(0, 60))}`);
    if (typeof value !== 'string') throw invalid(`header "${name}" must be a text; got a value of type ${typeof value}`);
    bytes += name.length + Buffer.byteLength(value);
    copy[name] = value;
  }
  if (bytes > maxHeaderBytes) throw new ChronowError('HEADERS_TOO_LARGE', `headers may have ${String(maxHeaderBytes)} bytes in all; got ${String(bytes)}; put large values into the payload`, { details: { bytes, maxBytes: maxHeaderBytes } });
  return Object.freeze(copy);
}

function invalid(message: string): ChronowError {
  return new ChronowError('HEADERS_INVALID', message);
}
