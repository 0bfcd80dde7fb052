import { ObjectId } from 'mongodb';
import { createHash } from 'node:crypto';

/** The same parts give the same id, so that a write which is repeated meets itself, also where an index could not be built. */
export function idOf(...parts: readonly (string | number)[]): ObjectId {
  return ObjectId.createFromHexString(createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24));
}
