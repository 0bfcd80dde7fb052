import type { SubscriptionRef } from '../../../port/names.js';
import type { Order } from '../../../port/policy.js';
import type { Context } from '../context.js';
import { convertScript } from './convert-script.js';
import { orderPlace } from './order-keys.js';

/**
 * Lays one shard of a subscription out for its stored order; the record must have been written before. Repeatable: what lies right stays. A
 * consumer that meets a shard that was not converted yet does it itself.
 */
export async function convertOrder({ connection, keys }: Context, ref: SubscriptionRef, shard: number, _from: Order, _to: Order): Promise<void> {
  const { all, group } = orderPlace(keys, ref, shard);
  await connection.run(convertScript, all, [ref.subscription, group]);
}
