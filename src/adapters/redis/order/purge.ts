import type { SubscriptionRef } from '../../../port/names.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Context } from '../context.js';
import { convertOrder } from './convert.js';
import { orderPlace } from './order-keys.js';
import { purgeScript } from './purge-script.js';

const attempts = 10;

/**
 * Removes what waits or is delayed in one shard of a subscription that keeps an order; what is leased stays. Answers how many messages left it, or
 * undefined where the subscription is gone or keeps no order any more.
 */
export async function purgeOrdered(context: Context, ref: SubscriptionRef, shard: number): Promise<number | undefined> {
  const { all, group } = orderPlace(context.keys, ref, shard);
  let removed = 0;
  let target = '';
  for (let converted = 0; converted < attempts;) {
    const [word, count, until] = asList(await context.connection.run(purgeScript, all, [ref.subscription, group, target]));
    if (word === 'gone') return undefined;
    if (word === 'mode') {
      if (asText(count) !== 'none' && asText(until) === 'none') return undefined;
      converted += 1;
      await convertOrder(context, ref, shard, 'none', 'key');
      continue;
    }
    removed += asNumber(count);
    target = asText(until);
    if (word === 'done') return removed;
  }
  return undefined;
}
