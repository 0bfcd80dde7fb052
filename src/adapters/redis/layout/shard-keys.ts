import { encodeName } from '../../../keys/encoding.js';
import type { KeySpace } from '../../../keys/key-space.js';
import type { TopicRef } from '../../../port/names.js';

/** The keys of one shard of a topic. All lie in one slot of a cluster. */
export interface ShardKeys {
  readonly shard: number;
  /** The stream of messages. */
  readonly topic: string;
  /** Hash: what is stored with the topic. It exists as long as the topic does. */
  readonly meta: string;
  /** Hash: subscription → its record. */
  readonly subs: string;
  /** Hash: what each publishing client stored last, so that a resend stores nothing twice. */
  readonly tokens: string;
  /** Hashes: idempotency key → message id, in two buckets of time. */
  readonly idempotency: readonly [string, string];
  /** Sorted set: due time → id of a scheduled message. */
  readonly scheduled: string;
  /** Hash: id of a scheduled message → the message. */
  readonly scheduledBody: string;
}

/** The keys of one subscription in one shard; the same slot. */
export interface SubscriptionKeys {
  /** The name of its consumer group, in every stream of the subscription. */
  readonly group: string;
  /** Stream: copies that may be handed out again. */
  readonly retry: string;
  /** Stream: last attempts that run alone. */
  readonly solo: string;
  /** Sorted set: due time → message id. */
  readonly delayed: string;
  /** Hash: message id → copy. */
  readonly held: string;
  /** Sorted set: time of death → message id. */
  readonly dead: string;
  /** Hash: message id → copy, with count and history. */
  readonly deadBody: string;
  /** Hash: settled floor, resend slots. */
  readonly state: string;
  /** Sorted set: when each consumer was last seen. */
  readonly seen: string;
  /** Stream, always empty: who reads without order reads it too. It is not there while the subscription keeps an order, so that nobody does who has not heard. */
  readonly open: string;
}

/** What an ordered subscription has besides; the same slot. */
export interface OrderKeys {
  /** Hash: key → who holds it. */
  readonly hold: string;
  /** Sorted set by text: messages parked behind a held key. */
  readonly parked: string;
  /** Sorted set: since when → key that nobody has taken. */
  readonly ready: string;
  /** Sorted set: key → time of its oldest message that is parked or delayed. */
  readonly floor: string;
  /** Sorted set: due time → entry id. */
  readonly due: string;
  /** Hash: entry id → attempts and key. */
  readonly tries: string;
  /** Hash: up to where the stream is sorted. */
  readonly cursor: string;
  /** Stream: one entry wakes one consumer. */
  readonly wake: string;
}

export function shardKeys(keys: KeySpace, ref: TopicRef, shard: number): ShardKeys {
  const topic = keys.topicKey(ref, shard);
  return {
    shard,
    topic,
    meta: keys.companion(topic, 'meta'),
    subs: keys.companion(topic, 'subs'),
    tokens: keys.companion(topic, 'tokens'),
    idempotency: [keys.companion(topic, 'idem', '0'), keys.companion(topic, 'idem', '1')],
    scheduled: keys.companion(topic, 'sched'),
    scheduledBody: keys.companion(topic, 'sched-body'),
  };
}

export function subscriptionKeys(keys: KeySpace, { topic }: ShardKeys, subscription: string): SubscriptionKeys {
  const named = (name: string): string => keys.companion(topic, name, subscription);
  return {
    group: encodeName(subscription),
    retry: named('retry'),
    solo: named('solo'),
    delayed: named('delayed'),
    held: named('held'),
    dead: named('dead'),
    deadBody: named('dead-body'),
    state: named('state'),
    seen: named('seen'),
    open: named('open'),
  };
}

export function orderKeys(keys: KeySpace, { topic }: ShardKeys, subscription: string): OrderKeys {
  const named = (name: string): string => keys.companion(topic, name, subscription);
  return {
    hold: named('hold'),
    parked: named('parked'),
    ready: named('ready'),
    floor: named('floor'),
    due: named('due'),
    tries: named('tries'),
    cursor: named('cursor'),
    wake: named('wake'),
  };
}
