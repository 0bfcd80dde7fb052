import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeName, decodeSharedKey, encodeName, encodeSharedKey } from '../../src/keys/encoding.js';
import { hashSlot } from '../../src/keys/hash-slot.js';
import { KeySpace } from '../../src/keys/key-space.js';
import { checkName, checkSharedKey } from '../../src/keys/names.js';

/** Names around the characters that keys are made of, and any others. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab01:{}%*.-_ ü', '%3A', ':1', 'topic', 'sm'), minLength: 1, maxLength: 6 }),
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
const key = text.filter(legal(checkSharedKey));
const prefix = fc.constantFrom('cw:', '', 'a', 'a:b:', 'cw:cw:');
const shard = fc.oneof(fc.constantFrom(0, 1, 10, 1_023), fc.nat({ max: 1_023 }));
const scope = { tenantId: name, namespace: name };

/** Anything that has a key, as plain data. */
const thing = fc.oneof(
  fc.record({ kind: fc.constant('topic' as const), topic: fc.record({ ...scope, topic: name }), shard }),
  fc.record({ kind: fc.constant('shared' as const), key: fc.record({ ...scope, key }) }),
  fc.record({ kind: fc.constant('scope' as const), scope: fc.record(scope), name: fc.constantFrom('topics', 'topic', 'sm', 'a-1') }),
);
type Thing = typeof thing extends fc.Arbitrary<infer T> ? T : never;

function keyOf(keys: KeySpace, what: Thing): string {
  if (what.kind === 'topic') return keys.topicKey(what.topic, what.shard);
  return what.kind === 'shared' ? keys.sharedKey(what.key) : keys.scopeKey(what.scope, what.name);
}

describe('keys', () => {
  it('are read back as what they were made of, so no two things share one', () => {
    fc.assert(fc.property(prefix, thing, (start, what) => {
      const keys = new KeySpace(start);
      expect(keys.parse(keyOf(keys, what))).toEqual(what);
    }), { numRuns: 2_000 });
  });

  it('of companions are read back too', () => {
    fc.assert(fc.property(prefix, thing, fc.tuple(name, name), (start, what, names) => {
      const keys = new KeySpace(start);
      const of = keyOf(keys, what);
      expect(keys.parse(keys.companion(of, ...names))).toEqual({ kind: 'companion', of, names });
    }), { numRuns: 2_000 });
  });

  it('lie in the same slot as each of their companions', () => {
    fc.assert(fc.property(prefix, thing, name, (start, what, suffix) => {
      const keys = new KeySpace(start);
      const main = keyOf(keys, what);
      expect(hashSlot(keys.companion(main, suffix))).toBe(hashSlot(main));
      expect(hashSlot(keys.companion(main, suffix, suffix))).toBe(hashSlot(main));
    }), { numRuns: 2_000 });
  });

  it('hold no brace, glob or control character of a name', () => {
    fc.assert(fc.property(thing, (what) => {
      expect(keyOf(new KeySpace('cw:'), what)).not.toMatch(/[{}*?[\]\\^]|[^\x20-\x7e]/);
    }), { numRuns: 2_000 });
  });
});

describe('encoded names', () => {
  it('are decoded to themselves, and an encoding twice is not an encoding once', () => {
    fc.assert(fc.property(name, (value) => {
      expect(encodeName(value)).toMatch(/^(?:[A-Za-z0-9._-]|%[0-9A-F]{2})+$/);
      expect(decodeName(encodeName(value))).toBe(value);
    }), { numRuns: 2_000 });
    fc.assert(fc.property(key, (value) => {
      expect(decodeSharedKey(encodeSharedKey(value))).toBe(value);
    }), { numRuns: 2_000 });
  });

  it('have one spelling: whatever decodes is the encoding of what it decodes to', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'%0123456789abcdefABCDEF.:{', '%C3%A9', '%7B'), maxLength: 8 }), (spelling) => {
      for (const [decode, encode] of [[decodeName, encodeName], [decodeSharedKey, encodeSharedKey]] as const) {
        const value = decode(spelling);
        if (value !== undefined) expect(encode(value)).toBe(spelling);
      }
    }), { numRuns: 2_000 });
  });
});
