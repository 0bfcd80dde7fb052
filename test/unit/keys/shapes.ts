import { hashSlot } from '../../../src/keys/hash-slot.js';
import { KeySpace } from '../../../src/keys/key-space.js';

const keys = new KeySpace('cw:');
const scope = { tenantId: 'tenant-a', namespace: 'payments' };
const topic = { ...scope, topic: 'orders' };

/** One line of docs/keys.md: what it is, its shape, an example as the code makes it. */
export type Shape = readonly [what: string, shape: string, example: string];

export const shapes: readonly Shape[] = [
  ['topic', '{keyPrefix}{tenantId}:{namespace}:topic:{name}', keys.topicKey(topic)],
  ['shard above 0 of a topic', '…:topic:{name}:{shard}', keys.topicKey(topic, 1)],
  ['companion of a topic', '{ + topic + }:{suffix}', keys.companion(keys.topicKey(topic), 'meta')],
  ['companion of a shard', '{ + shard + }:{suffix}', keys.companion(keys.topicKey(topic, 1), 'meta')],
  ['companion for a subscription', '{ + topic + }:{suffix}:{subscription}', keys.companion(keys.topicKey(topic), 'delayed', 'fraud detector')],
  ['shared value', '{keyPrefix}{tenantId}:{namespace}:sm:{key}', keys.sharedKey({ ...scope, key: 'fraud:limit' })],
  ['companion of a shared value', '{ + shared value + }:{suffix}', keys.companion(keys.sharedKey({ ...scope, key: 'fraud:limit' }), 'rev')],
  ['what belongs to a namespace as a whole', '{keyPrefix}{tenantId}:{namespace}:{suffix}', keys.scopeKey(scope, 'topics')],
];

const names = ['orders', 'a:1', 'a b', '{a}', 'x*', '50%', 'müller', '..'];
const sharedKeys = ['user:42', 'a b', '{a}', 'x*', '50%', 'müller', '/a/b?c=d', 'a\\b'];

/** docs/keys.md, from the code. */
export function keysPage(): string {
  const table = shapes.map(([what, shape, example]) => `| ${what} | \`${shape}\` | \`${example}\` | ${String(hashSlot(example))} |\n`).join('');
  const name = (text: string): string => keys.topicKey({ ...scope, topic: text }).slice(keys.topicKey({ ...scope, topic: '' }).length);
  const shared = (text: string): string => keys.sharedKey({ ...scope, key: text }).slice(keys.sharedKey({ ...scope, key: '' }).length);
  return `# Keys

<!-- Made by test/unit/keys/shapes.ts. To change it, change that and run: npx vitest run test/unit/keys -u -->

Every key of the Redis backend has one of these shapes. The examples are tenant \`tenant-a\`, namespace \`payments\`, topic \`orders\`, keyPrefix \`cw:\`; the last column is the slot of a Redis Cluster.

| key | shape | example | slot |
| --- | --- | --- | --- |
${table}
- A topic's key is the one of the original. What must move with it is written \`{\` + that key + \`}:…\`, with the braces: the part between them decides the slot, so both are always on the same node. That holds because no name and no
  prefix has a brace in a key.
- Shards are keys of their own, so that a cluster spreads them.
- Access lists need two patterns for a client: \`~cw:*\` and \`~{cw:*\`; for one tenant \`~cw:tenant-a:*\` and \`~{cw:tenant-a:*\`.

## Names in keys

Names of topics, subscriptions, tenants and namespaces have 1-200 bytes of printable text. In a key everything outside \`[A-Za-z0-9._-]\` is percent-encoded, by byte of UTF-8: the topic \`a:1\` is not shard 1 of the topic \`a\`.

| name | in a key |
| --- | --- |
${names.map((text) => `| \`${text}\` | \`${name(text)}\` |\n`).join('')}
Shared keys have 1-512 bytes and stand last, so they stay readable: only braces, \`* ? [ ] ^ \\ %\`, control characters and what is not ASCII are encoded.

| shared key | in a key |
| --- | --- |
${sharedKeys.map((text) => `| \`${text}\` | \`${shared(text)}\` |\n`).join('')}
A \`keyPrefix\` with any of \`{ } * ? [ ] \\\` is refused. Clients of one server share data if prefix, tenant and namespace are the same. Applications that must not meet
need prefixes of which none begins another: \`shop:\` and \`shop:eu:\` may meet.
`;
}
