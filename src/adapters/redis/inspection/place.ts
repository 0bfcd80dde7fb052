import type { SubscriptionRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { OrderKeys, ShardKeys, SubscriptionKeys } from '../layout/shard-keys.js';
import { orderKeys, shardKeys, subscriptionKeys } from '../layout/shard-keys.js';
import type { SubscriptionRecord } from '../topics/records.js';

/** Where a subscription lies in one shard. */
export interface Place {
  readonly record: SubscriptionRecord;
  readonly ref: SubscriptionRef;
  readonly shard: number;
  readonly topic: ShardKeys;
  readonly own: SubscriptionKeys;
  /** Only where it keeps an order: keys that are declared must exist. */
  readonly order: OrderKeys | undefined;
}

export function placesOf(context: Context, record: SubscriptionRecord): readonly Place[] {
  return Array.from({ length: record.shardCount }, (_, shard) => placeIn(context, record, shard));
}

export function placeIn({ keys }: Context, record: SubscriptionRecord, shard: number): Place {
  const { ref, policy } = record;
  const topic = shardKeys(keys, ref, shard);
  return {
    record,
    ref,
    shard,
    topic,
    own: subscriptionKeys(keys, topic, ref.subscription),
    order: policy.order === 'none' ? undefined : orderKeys(keys, topic, ref.subscription),
  };
}
