import { orderKeys, shardKeys, subscriptionKeys } from '../../../src/adapters/redis/layout/shard-keys.js';
import { valueKeys } from '../../../src/adapters/redis/keys/value-keys.js';
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

/** One line of the tables of all keys: its type, what is in it, an example as the adapter makes it. */
export type Companion = readonly [type: string, content: string, example: string];

const shard = shardKeys(keys, topic, 0);
const own = subscriptionKeys(keys, shard, 'fraud detector');
const order = orderKeys(keys, shard, 'fraud detector');

/** Of a topic, and of each of its shards. */
export const ofTopic: readonly Companion[] = [
  ['stream', 'the messages, one entry each; one consumer group for each subscription', shard.topic],
  ['hash', 'format, number of shards, limits, room until capacity is counted again; it exists as long as the topic does', shard.meta],
  ['hash', 'subscription → its record, as JSON: format, version, group, policy', shard.subs],
  ['hash', 'what each publishing client stored last, so that a resend stores nothing twice', shard.tokens],
  ['hash', 'idempotency key → message id; two buckets of time', shard.idempotency[0]],
  ['hash', 'the other bucket', shard.idempotency[1]],
  ['sorted set', 'time → id of a scheduled message', shard.scheduled],
  ['hash', 'id of a scheduled message → the message', shard.scheduledBody],
];

/** Of a subscription, in each shard. */
export const ofSubscription: readonly Companion[] = [
  ['stream', 'copies that may be handed out again; the same group', own.retry],
  ['stream', 'last attempts that run alone; the same group', own.solo],
  ['sorted set', 'time → id of a message that waits for its retry', own.delayed],
  ['hash', 'message id → copy, of delayed ones', own.held],
  ['sorted set', 'time of death → id of a dead letter', own.dead],
  ['hash', 'message id → copy of a dead letter, with count and history', own.deadBody],
  ['hash', 'format, what each consumer settled last, marks of housekeeping', own.state],
  ['sorted set', 'time → consumer that was seen then', own.seen],
  ['stream', 'nothing; it is there while the subscription keeps no order', own.open],
];

/** Of a subscription with order `key` or `strict`, in each shard. */
export const ofOrder: readonly Companion[] = [
  ['hash', 'key → who has how many of its messages in hand, parked, delayed; a key that is free is not in it', order.hold],
  ['sorted set', 'parked messages: key and entry id, in the order of text', order.parked],
  ['sorted set', 'since when → key that is free and has something parked', order.ready],
  ['sorted set', 'time of its oldest message that is parked or delayed → key: retention stops there', order.floor],
  ['sorted set', 'time → entry id of a message that waits for its retry', order.due],
  ['hash', 'entry id → deliveries, leaks, flags and key, of messages that came back', order.tries],
  ['hash', 'which order the keys are laid out for, up to where the stream is sorted, epoch', order.cursor],
  ['stream', 'one entry wakes one consumer', order.wake],
];

/** Of a shared value. */
export const ofValue: readonly Companion[] = [
  ['string', 'the value, as any client reads it', valueKeys(keys, { ...scope, key: 'fraud:limit' }).value],
  ['hash', 'revision, checksum of the value, earlier versions', valueKeys(keys, { ...scope, key: 'fraud:limit' }).record],
];

/** Of a namespace. */
export const ofScope: readonly Companion[] = [['set', 'names of its topics; one without a `meta` is not listed', keys.scopeKey(scope, 'topics')]];

const names = ['orders', 'a:1', 'a b', '{a}', 'x*', '50%', 'müller', '..'];
const sharedKeys = ['user:42', 'a b', '{a}', 'x*', '50%', 'müller', '/a/b?c=d', 'a\\b'];

/** docs/keys.md, from the code. */
export function keysPage(): string {
  const table = shapes.map(([what, shape, example]) => `| ${what} | \`${shape}\` | \`${example}\` | ${String(hashSlot(example))} |\n`).join('');
  const name = (text: string): string => keys.topicKey({ ...scope, topic: text }).slice(keys.topicKey({ ...scope, topic: '' }).length);
  const beside = (rows: readonly Companion[]): string => rows.map(([type, content, example]) => `| \`${example}\` | ${type} | ${content} |\n`).join('');
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

## All keys

Every key that there is, for the topic \`orders\`, the subscription \`fraud detector\` and the shared value \`fraud:limit\`. What is in them is told in [redis.md](redis.md).

### A topic

One set of these for each shard; shard 0 is the topic itself.

| key | type | content |
| --- | --- | --- |
${beside(ofTopic)}
### A subscription

Made with it, in each shard. None of them is ever empty: each has a group, a format number or a member with the empty name, because a slot that is being moved answers only for keys that exist.

| key | type | content |
| --- | --- | --- |
${beside(ofSubscription)}
### A subscription with order \`key\` or \`strict\`

| key | type | content |
| --- | --- | --- |
${beside(ofOrder)}
### A shared value

| key | type | content |
| --- | --- | --- |
${beside(ofValue)}
### A namespace

| key | type | content |
| --- | --- | --- |
${beside(ofScope)}
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
