import { ObjectId } from 'mongodb';
import { createHash } from 'node:crypto';
import { encodeName } from '../../../keys/encoding.js';
import type { TopicRef } from '../../../port/names.js';

/** The collections of chronos-db have no namespace for topics; this one's are called by their plain name. */
const plainNamespace = 'default';

/** The name of a topic in the warm tier: no two of a tenant's namespaces meet in it. */
export function warmTopic({ namespace, topic }: TopicRef): string {
  return namespace === plainNamespace && !topic.includes('/') ? topic : `${encodeName(namespace)}/${encodeName(topic)}`;
}

/** The same parts give the same id, so that a write which is repeated meets itself, also where an index could not be built. */
export function idOf(...parts: readonly (string | number)[]): ObjectId {
  return ObjectId.createFromHexString(createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24));
}
