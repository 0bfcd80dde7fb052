import { ChronowError } from '../../../errors.js';
import type { Argument } from '../connection/connection.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Context } from '../context.js';
import { convertOrder } from '../order/convert.js';
import { orderPlace } from '../order/order-keys.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { subscriptionNotFound } from '../topics/refusals.js';
import { placeIn } from './place.js';
import { putBackInOrderScript, putBackScript } from './put-back-scripts.js';

const attempts = 10;

/** What goes back. */
export type Work =
  | { readonly kind: 'redrive'; readonly ids: readonly string[]; readonly reason: string | undefined }
  | { readonly kind: 'redeliver'; readonly messages: readonly Retained[] };

/** A message of the topic. */
export interface Retained {
  /** Its id in the shard. */
  readonly id: string;
  /** '' where its entry is gone. */
  readonly entryId: string;
  /** A copy of it is on its way in this subscription. */
  readonly isOnItsWay: boolean;
  /** For where the topic has it no more. */
  readonly copy?: { readonly place: string; readonly fields: readonly string[] } | undefined;
}

/** Puts messages back into one shard of a subscription, whichever order it keeps by then. Answers how many; what is back already is not put back twice. */
export async function putBack(context: Context, directory: Directory, found: SubscriptionRecord, shard: number, work: Work): Promise<number> {
  let record = found;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const [word, count] = asList(await run(context, record, shard, work));
    switch (asText(word)) {
      case 'done': return asNumber(count);
      case 'mode': await convertOrder(context, record.ref, shard, 'none', record.policy.order); break;
      case 'lost': await directory.revive(record.ref, shard); break;
      default: {
        const now = await directory.subscription(record.ref);
        if (now === undefined) throw subscriptionNotFound(record.ref);
        record = now;
      }
    }
  }
  throw new ChronowError('LINK_LOST', `subscription "${record.ref.subscription}" of topic "${record.ref.topic}" was changed by others while messages were put back; try again.`, { retryable: true });
}

function run(context: Context, record: SubscriptionRecord, shard: number, work: Work): ReturnType<Context['connection']['run']> {
  const { ref, group, policy } = record;
  const { topic, own, order } = placeIn(context, record, shard);
  const args: Argument[] = [ref.subscription, group, policy.order, ...(work.kind === 'redrive' ? ['r', work.reason === undefined ? '0' : '1', work.reason ?? '', ...work.ids] : ['d', '0', '', ...work.messages.flatMap(({ id, entryId, isOnItsWay, copy }) => [id, entryId, isOnItsWay ? '1' : '0', copy?.place ?? '', copy?.fields.length ?? 0, ...(copy?.fields ?? [])])])];
  return order === undefined
    ? context.connection.run(putBackScript, [topic.topic, topic.subs, own.retry, own.delayed, own.dead, own.deadBody, topic.meta], args)
    : context.connection.run(putBackInOrderScript, [...orderPlace(context.keys, ref, shard).all, topic.meta], args);
}
