import type { SubscriptionRef } from '../../../port/names.js';
import type { Order } from '../../../port/policy.js';
import type { Context } from '../context.js';
import { shutUnordered } from '../delivery/gate.js';
import { convertScript } from './convert-script.js';
import { orderPlace } from './order-keys.js';

/**
 * Lays one shard of a subscription out for its stored order; the record must have been written before. Repeatable: what lies right stays. A
 * consumer that meets a shard that was not converted yet does it itself.
 */
export async function convertOrder({ connection, keys }: Context, ref: SubscriptionRef, shard: number, _from: Order, to: Order): Promise<void> {
  if (to !== 'none') await shutUnordered(connection, keys, ref, shard);
  const { all, group } = orderPlace(keys, ref, shard);
  await connection.run(convertScript, all, [ref.subscription, group]);
}
