import type { KeySpace } from '../../../keys/key-space.js';
import type { SubscriptionRef } from '../../../port/names.js';
import { orderKeys, shardKeys, subscriptionKeys } from '../layout/shard-keys.js';

/** Where an ordered subscription lies in one shard. */
export interface OrderPlace {
  readonly shard: number;
  readonly group: string;
  /** The stream of messages, and the one that wakes: what an idle consumer listens to. */
  readonly topic: string;
  readonly wake: string;
  /** KEYS of every script of this room, in the order that lua-state.ts names them. The delayed set of unordered delivery comes last. */
  readonly all: readonly string[];
}

export function orderPlace(keys: KeySpace, ref: SubscriptionRef, shard: number): OrderPlace {
  const topic = shardKeys(keys, ref, shard);
  const { group, retry, solo, held, dead, deadBody, state, seen, delayed } = subscriptionKeys(keys, topic, ref.subscription);
  const { hold, parked, ready, floor, due, tries, cursor, wake } = orderKeys(keys, topic, ref.subscription);
  return {
    shard,
    group,
    topic: topic.topic,
    wake,
    all: [topic.topic, topic.subs, retry, solo, held, dead, deadBody, state, seen, hold, parked, ready, floor, due, tries, cursor, wake, delayed],
  };
}
