import { describe, expect, it } from 'vitest';
import { orderKeys, shardKeys, subscriptionKeys } from '../../../src/adapters/redis/layout/shard-keys.js';
import { encodeName, encodeSharedKey } from '../../../src/keys/encoding.js';
import { hashSlot, hashTag } from '../../../src/keys/hash-slot.js';
import { KeySpace } from '../../../src/keys/key-space.js';
import { isChronowError } from '../../../src/errors.js';
import { keysPage, ofOrder, ofScope, ofSubscription, ofTopic, ofValue, shapes } from './shapes.js';

const keys = new KeySpace('cw:');
const orders = { tenantId: 'tenant-a', namespace: 'payments', topic: 'orders' };

describe('the shapes of keys', () => {
  it('never change: data of an earlier release is found by them', () => {
    expect(shapes.map(([what, , example]) => [what, example])).toEqual([
      ['topic', 'cw:tenant-a:payments:topic:orders'],
      ['shard above 0 of a topic', 'cw:tenant-a:payments:topic:orders:1'],
      ['companion of a topic', '{cw:tenant-a:payments:topic:orders}:meta'],
      ['companion of a shard', '{cw:tenant-a:payments:topic:orders:1}:meta'],
      ['companion for a subscription', '{cw:tenant-a:payments:topic:orders}:delayed:fraud%20detector'],
      ['shared value', 'cw:tenant-a:payments:sm:fraud:limit'],
      ['companion of a shared value', '{cw:tenant-a:payments:sm:fraud:limit}:rev'],
      ['what belongs to a namespace as a whole', 'cw:tenant-a:payments:topics'],
    ]);
  });

  it('never change for what lies in them', () => {
    const of = '{cw:tenant-a:payments:topic:orders}';
    const found = (rows: typeof ofTopic): unknown[] => rows.map(([type, , example]) => [type, example]);
    expect(found(ofTopic)).toEqual([
      ['stream', 'cw:tenant-a:payments:topic:orders'],
      ['hash', `${of}:meta`], ['hash', `${of}:subs`], ['hash', `${of}:tokens`], ['hash', `${of}:idem:0`], ['hash', `${of}:idem:1`], ['sorted set', `${of}:sched`], ['hash', `${of}:sched-body`],
    ]);
    const own = (type: string, name: string): string[] => [type, `${of}:${name}:fraud%20detector`];
    expect(found(ofSubscription)).toEqual([
      own('stream', 'retry'), own('stream', 'solo'), own('sorted set', 'delayed'), own('hash', 'held'), own('sorted set', 'dead'), own('hash', 'dead-body'), own('hash', 'state'), own('sorted set', 'seen'), own('stream', 'open'),
    ]);
    expect(found(ofOrder)).toEqual([
      own('hash', 'hold'), own('sorted set', 'parked'), own('sorted set', 'ready'), own('sorted set', 'floor'), own('sorted set', 'due'), own('hash', 'tries'), own('hash', 'cursor'), own('stream', 'wake'),
    ]);
    expect(found(ofValue)).toEqual([['string', 'cw:tenant-a:payments:sm:fraud:limit'], ['hash', '{cw:tenant-a:payments:sm:fraud:limit}:rev']]);
    expect(found(ofScope)).toEqual([['set', 'cw:tenant-a:payments:topics']]);
  });

  it('are all that there are', () => {
    const shard = shardKeys(keys, orders, 0);
    const { group, ...ofOne } = subscriptionKeys(keys, shard, 'fraud detector');
    expect(group).toBe('fraud%20detector');
    const { shard: _number, idempotency, ...single } = shard;
    const examples = (rows: typeof ofTopic): string[] => rows.map(([, , example]) => example).sort();
    expect(examples(ofTopic)).toEqual([...Object.values(single), ...idempotency].sort());
    expect(examples(ofSubscription)).toEqual(Object.values(ofOne).sort());
    expect(examples(ofOrder)).toEqual(Object.values(orderKeys(keys, shard, 'fraud detector')).sort());
  });

  it('are what docs/keys.md says', async () => {
    await expect(keysPage()).toMatchFileSnapshot('../../../docs/keys.md');
  });

  it('keep apart a topic with a colon and a shard', () => {
    expect(keys.topicKey({ ...orders, topic: 'orders:1' })).toBe('cw:tenant-a:payments:topic:orders%3A1');
  });

  it('may stand under any prefix, the empty one too', () => {
    for (const prefix of ['', 'app:cw:', 'x']) expect(new KeySpace(prefix).topicKey(orders)).toBe(`${prefix}tenant-a:payments:topic:orders`);
  });
});

describe('a key is refused', () => {
  const refusedAs = (call: () => unknown): string | undefined => {
    try {
      call();
      return undefined;
    } catch (error) {
      return isChronowError(error) ? error.code : 'a foreign error';
    }
  };

  it.each(['{', 'a}', 'cw*', 'cw?', '[', ']', 'a\\b', 'a b', 'ü:', '\n', 'x'.repeat(65)])('under the prefix %j', (prefix) => {
    expect(refusedAs(() => new KeySpace(prefix))).toBe('CONFIG_INVALID');
  });

  it.each([undefined, null, 5, {}])('under %j, which is no prefix', (prefix) => {
    // @ts-expect-error -- what a caller without types may give
    expect(refusedAs(() => new KeySpace(prefix))).toBe('CONFIG_INVALID');
  });

  it('for half a surrogate pair, of which UTF-8 would make the same replacement for all', () => {
    for (const half of ['\ud800', 'a\udfff', '\udc00\ud800']) {
      for (const encode of [encodeName, encodeSharedKey]) expect(refusedAs(() => encode(half))).toBe('NAME_INVALID');
    }
  });
});

describe('parse', () => {
  it.each([
    '', 'cw:', 'cw:a', 'cw:a:b', 'cw:a:b:', 'cw::b:topic:x', 'cw:a:b:topic:', 'cw:a:b:topic:x:0', 'cw:a:b:topic:x:01', 'cw:a:b:topic:x:y', 'cw:a:b:topic:x:1:2', 'cw:a:b:topic:%3a', 'cw:a:b:topic:%61', 'cw:a:b:topic:%', 'cw:a:b:topic:%FF', 'cw:a:b:topic:ä', 'cw:a:b:sm:',
    'cw:a:b:sm:{x}', 'cw:a:b:queue:x', 'xx:a:b:topic:c', '{cw:a:b:topic:x}', '{cw:a:b:topic:x}:', '{cw:a:b:topic:x}:a::b', '{cw:a:b:topic:x', '{}:x', '{{cw:a:b:topic:x}:y}:z', '{cw:a:b}:x', 'x{cw:a:b:topic:x}:y',
  ])('knows that %s is somebody else\'s', (key) => {
    expect(keys.parse(key)).toBeUndefined();
  });

  it('reads back each shape', () => {
    const of = keys.topicKey(orders, 3);
    const [tenantId, namespace] = ['t:{1}', 'n s'];
    expect(keys.parse(of)).toEqual({ kind: 'topic', topic: orders, shard: 3 });
    expect(keys.parse(keys.companion(of, 'a', 'ü:{}'))).toEqual({ kind: 'companion', of, names: ['a', 'ü:{}'] });
    expect(keys.parse(keys.sharedKey({ tenantId, namespace, key: 'a:b:{c}%7B' }))).toEqual({ kind: 'shared', key: { tenantId, namespace, key: 'a:b:{c}%7B' } });
    expect(keys.parse(keys.scopeKey({ tenantId, namespace }, 'topics'))).toEqual({ kind: 'scope', scope: { tenantId, namespace }, name: 'topics' });
  });
});

describe('hashSlot', () => {
  // Redis Cluster specification: CRC16 of "123456789" is 0x31C3. The others: CLUSTER KEYSLOT of a server.
  it.each([['123456789', 0x31c3], ['', 0], ['foo', 12_182], ['bar', 5_061], ['hello', 866], ['somekey', 11_058], ['foo{hash_tag}', 2_515], ['{user1000}.following', 3_443], ['{user1000}.followers', 3_443]])('of %s is %i', (key, slot) => {
    expect(hashSlot(key)).toBe(slot);
  });

  it.each([['{a}b', 'a'], ['a{b}c{d}', 'b'], ['{}a', '{}a'], ['foo{}{bar}', 'foo{}{bar}'], ['foo{{bar}}zap', '{bar'], ['{a', '{a'], ['a}b{c}', 'c'], ['}{', '}{']])('looks at the right part of %s: %s', (key, tag) => {
    expect(hashTag(key)).toBe(tag);
  });
});
