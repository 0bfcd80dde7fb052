import type { Body } from '../port/message.js';

/** Bytes of a body as it is stored: texts count in UTF-8. */
export function bodyBytes(body: Body): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
}

/** Whether a body is larger than `limit` bytes, without counting the bytes of texts that are surely smaller or larger. */
export function exceeds(body: Body, limit: number): boolean {
  // A UTF-16 unit is one to three bytes of UTF-8.
  if (typeof body === 'string' && body.length * 3 <= limit) return false;
  return body.length > limit || bodyBytes(body) > limit;
}
