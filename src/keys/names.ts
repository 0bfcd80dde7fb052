import { ChronowError } from '../errors.js';

/** What is named. */
export type NameKind = 'topic' | 'subscription' | 'tenant' | 'namespace';

const maxNameBytes = 200;
const maxKeyBytes = 512;
const simple = /^[A-Za-z0-9._-]{1,200}$/;
// Control characters, and surrogates that stand alone: no encoding of them can be read back.
const unprintable = /[\p{Cc}\p{Cs}]/u;

/** Throws `NAME_INVALID` unless `name` is 1-200 bytes of printable text. */
export function checkName(kind: NameKind, name: string): void {
  if (typeof name === 'string' && simple.test(name)) return;
  check(`a ${kind} name`, name, maxNameBytes);
}

/** Throws `NAME_INVALID` unless `key` is 1-512 bytes of printable text. */
export function checkSharedKey(key: string): void {
  check('a shared key', key, maxKeyBytes);
}

function check(what: string, name: unknown, maxBytes: number): void {
  if (typeof name !== 'string') throw invalid(what, maxBytes, `a value of type ${typeof name}`);
  if (name === '') throw invalid(what, maxBytes, 'an empty text');
  if (unprintable.test(name)) throw invalid(what, maxBytes, `${JSON.stringify(name.slice(0, 60))}, which holds control characters or half a surrogate pair`);
  const bytes = Buffer.byteLength(name);
  if (bytes > maxBytes) throw invalid(what, maxBytes, `${String(bytes)} bytes`);
}

function invalid(what: string, maxBytes: number, got: string): ChronowError {
  return new ChronowError('NAME_INVALID', `${what} must be 1-${String(maxBytes)} bytes of printable text; got ${got}`);
}
