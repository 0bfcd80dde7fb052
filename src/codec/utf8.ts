const withoutMark = new TextDecoder('utf-8', { fatal: true });
const withMark = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text, a byte order mark taken off; undefined where they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  return decoded(withoutMark, bytes);
}

/** Bytes as text, exactly; undefined where they are not UTF-8. */
export function exactUtf8Text(bytes: Uint8Array): string | undefined {
  return decoded(withMark, bytes);
}

/** Half a surrogate pair has no UTF-8: it would be stored as a replacement character. */
export function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}

function decoded(decoder: typeof withMark, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
