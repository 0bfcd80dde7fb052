import { ChronowError } from '../errors.js';

const plainName = /^[A-Za-z0-9._-]*$/;
const inName = /[^A-Za-z0-9._-]/gu;
// What would end a hash tag, match as a glob in patterns and access lists, or not print: \ escapes in both.
const inKey = /[%{}*?[\]\\^\p{Cc}]|[^\0-\x7f]/gu;

/**
 * A topic, subscription, tenant or namespace as it stands in a key: everything outside `[A-Za-z0-9._-]` is percent-encoded, by
 * byte of UTF-8. Injective: no two names meet, and none holds a `:` or a brace. Half a surrogate pair is `NAME_INVALID`.
 */
export function encodeName(name: string): string {
  return plainName.test(name) ? name : name.replace(inName, percent);
}

/** What {@link encodeName} made, or undefined where it did not make this. */
export function decodeName(text: string): string | undefined {
  return decode(text, encodeName);
}

/**
 * A shared key as it stands at the end of a key. It stays readable: only braces, glob and control characters, `%` and what
 * is not ASCII are percent-encoded. Injective, as {@link encodeName} is.
 */
export function encodeSharedKey(key: string): string {
  return key.replace(inKey, percent);
}

/** What {@link encodeSharedKey} made, or undefined where it did not make this. */
export function decodeSharedKey(text: string): string | undefined {
  return decode(text, encodeSharedKey);
}

function percent(character: string): string {
  // Buffer would write a replacement character, so that names which differ would meet.
  if (/\p{Cs}/u.test(character)) throw new ChronowError('NAME_INVALID', 'half a surrogate pair has no form in a key; choose another name');
  let encoded = '';
  for (const byte of Buffer.from(character)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return encoded;
}

function decode(text: string, encode: (name: string) => string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    // There is one spelling of a name; another one is somebody else's key.
    return encode(name) === text ? name : undefined;
  } catch {
    return undefined;
  }
}
