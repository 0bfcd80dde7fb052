import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueKeys } from '../../src/adapters/redis/keys/value-keys.js';
import { orderKeys, shardKeys, subscriptionKeys } from '../../src/adapters/redis/layout/shard-keys.js';
import { hashSlot } from '../../src/keys/hash-slot.js';
import { KeySpace } from '../../src/keys/key-space.js';
import { checkName, checkSharedKey } from '../../src/keys/names.js';

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab01:{}%*.-_ ü', '%3A', ':1', 'topic', 'meta', 'retry', 'dead-body'), minLength: 1, maxLength: 6 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
);
const legal = (check: (value: string) => void) => (value: string): boolean => {
  try {
    check(value);
    return true;
  } catch {
    return false;
  }
};
const name = text.filter(legal((value) => { checkName('topic', value); }));
const prefix = fc.constantFrom('cw:', '', 'a', 'a:b:');
const place = fc.record({ tenantId: name, namespace: name, topic: name });
const shard = fc.nat({ max: 64 });

function texts(keys: object): string[] {
  return Object.values(keys).map(String);
}

/** Every key that a shard of a topic and two of its subscriptions have. */
function allKeys(keys: KeySpace, topic: { readonly tenantId: string; readonly namespace: string; readonly topic: string }, number: number, subscriptions: readonly string[]): string[] {
  const own = shardKeys(keys, topic, number);
  const { topic: stream, meta, subs, tokens, idempotency, scheduled, scheduledBody } = own;
  const ofSubscriptions = subscriptions.flatMap((subscription): string[] => {
    const { group: _group, ...some } = subscriptionKeys(keys, own, subscription);
    return [...texts(some), ...texts(orderKeys(keys, own, subscription))];
  });
  return [stream, meta, subs, tokens, ...idempotency, scheduled, scheduledBody, ...ofSubscriptions];
}

describe('the keys of the Redis backend', () => {
  it('of one shard lie in one slot, whatever the names are', () => {
    fc.assert(fc.property(prefix, place, shard, name, (start, topic, number, subscription) => {
      const [stream = '', ...others] = allKeys(new KeySpace(start), topic, number, [subscription]);
      expect(others).toHaveLength(24);
      expect(new Set(others.map(hashSlot))).toEqual(new Set([hashSlot(stream)]));
    }), { numRuns: 1_000 });
  });

  it('of two subscriptions, two shards or two topics are never the same', () => {
    fc.assert(fc.property(prefix, fc.uniqueArray(place, { selector: (topic) => JSON.stringify(topic), minLength: 2, maxLength: 2 }), fc.uniqueArray(shard, { minLength: 2, maxLength: 2 }), fc.uniqueArray(name, { minLength: 2, maxLength: 2 }), (start, topics, shards, subscriptions) => {
      const keys = new KeySpace(start);
      const all = topics.flatMap((topic) => shards.flatMap((number) => allKeys(keys, topic, number, subscriptions)));
      expect(new Set(all).size).toBe(all.length);
    }), { numRuns: 500 });
  });

  it('of a shared value lie in one slot', () => {
    fc.assert(fc.property(prefix, name, name, text.filter(legal(checkSharedKey)), (start, tenantId, namespace, key) => {
      const { value, record } = valueKeys(new KeySpace(start), { tenantId, namespace, key });
      expect(hashSlot(record)).toBe(hashSlot(value));
    }), { numRuns: 1_000 });
  });

  it('have no group with a colon in its name: those of the original begin with sub:', () => {
    fc.assert(fc.property(place, name, (topic, subscription) => {
      const keys = new KeySpace('cw:');
      expect(subscriptionKeys(keys, shardKeys(keys, topic, 0), subscription).group).not.toContain(':');
    }), { numRuns: 1_000 });
  });
});
