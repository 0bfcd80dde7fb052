import { encodeName } from '../../keys/encoding.js';
import type { TopicRef } from '../../port/names.js';

/** The collections of chronos-db have no namespace for topics; this one's are called by their plain name. */
const plainNamespace = 'default';

/** The name of a topic in the warm tier: no two of a tenant's namespaces meet in it. */
export function warmTopic({ namespace, topic }: TopicRef): string {
  return namespace === plainNamespace && !topic.includes('/') ? topic : `${encodeName(namespace)}/${encodeName(topic)}`;
}
