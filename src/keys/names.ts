import { ChronowError } from '../errors.js';

/** What is named. */
export type NameKind = 'topic' | 'subscription' | 'tenant' | 'namespace';

const maxNameBytes = 200;
const maxKeyBytes = 512;
const simpleName = /^[A-Za-z0-9._-]{1,200}$/;
const simpleKey = /^[A-Za-z0-9._:/-]{1,512}$/;
// Control characters and separators of lines; and surrogates that stand alone, of which no encoding can be read back.
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Throws `NAME_INVALID` unless `name` is 1-200 bytes of printable text. Names are what their bytes are: neither case nor
 * Unicode's several forms of one letter are made the same.
 */
export function checkName(kind: NameKind, name: string): void {
  if (typeof name === 'string' && simpleName.test(name)) return;
  check(`a ${kind} name`, name, maxNameBytes);
}

/** Throws `NAME_INVALID` unless `key` is 1-512 bytes of printable text. */
export function checkSharedKey(key: string): void {
  if (typeof key === 'string' && simpleKey.test(key)) return;
  check('a shared key', key, maxKeyBytes);
}

function check(what: string, name: unknown, maxBytes: number): void {
  if (typeof name !== 'string') throw invalid(what, maxBytes, `a value of type ${typeof name}`);
  if (name === '') throw invalid(what, maxBytes, 'an empty text');
  if (unprintable.test(name)) throw invalid(what, maxBytes, `${safeForm(name)}, which holds control characters or half a surrogate pair`);
  const bytes = Buffer.byteLength(name);
  if (bytes > maxBytes) throw invalid(what, maxBytes, `${safeForm(name)}, which has ${String(bytes)} bytes`);
}

function invalid(what: string, maxBytes: number, got: string): ChronowError {
  return new ChronowError('NAME_INVALID', `${what} must be 1-${String(maxBytes)} bytes of printable text; got ${got}; choose another`, { details: { what, maxBytes } });
}

/** The beginning of a name as it may stand in a log: on one line, without what hides or turns the text around it. */
function safeForm(name: string): string {
  const shown = JSON.stringify(name.slice(0, 40)).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return name.length > 40 ? `${shown}…` : shown;
}
