import type { Collection } from 'mongodb';
import type { SubscriptionRef } from '../../../port/names.js';
import type { SettledDelivery } from '../../../port/warm-store.js';
import { warmTopic } from '../../common/warm-topic.js';
import type { DeliveryDocument } from './documents.js';
import { insertedBefore } from './inserted-before.js';
import { idOf } from './names.js';

export function deliveryDocument(ref: SubscriptionRef, { id: msgId, attempt, status, consumer, reason, settledAt }: SettledDelivery, expiresAt: Date | undefined): DeliveryDocument {
  const { tenantId, subscription } = ref;
  const topic = warmTopic(ref);
  return { _id: idOf(tenantId, topic, msgId, subscription, attempt), tenantId, topic, subscription, msgId, attempt, status, consumerId: consumer, reason, ts: new Date(settledAt), expiresAt };
}

/** Of one attempt the last one stays, also before one that chronos-db wrote. */
export async function saveDeliveries(deliveries: Collection<DeliveryDocument>, documents: readonly DeliveryDocument[]): Promise<void> {
  const known = await insertedBefore(documents, (all, options) => deliveries.insertMany(all, options));
  if (known.length === 0) return;
  await deliveries.bulkWrite(known.map(({ _id, ...replacement }) => {
    const { tenantId, topic, subscription, msgId, attempt, ts } = replacement;
    return { replaceOne: { filter: { tenantId, topic, subscription, msgId, attempt, ts: { $lt: ts } }, replacement } };
  }), { ordered: false });
}
