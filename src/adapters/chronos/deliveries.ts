import type { SubscriptionRef } from '../../port/names.js';
import type { SettledDelivery } from '../../port/warm-store.js';
import { warmTopic } from '../common/warm-topic.js';
import type { ChronosDeliveries } from './chronos.js';

/** Each attempt once: two calls for one would overtake each other. */
export async function saveDeliveries(kept: ChronosDeliveries, ref: SubscriptionRef, deliveries: readonly SettledDelivery[]): Promise<void> {
  const topic = warmTopic(ref);
  const last = new Map(deliveries.map((delivery) => [`${String(delivery.attempt)}\n${delivery.id}`, delivery]));
  await Promise.all([...last.values()].map(({ id: msgId, attempt, status, consumer, reason, settledAt }) => kept.append({
    topic, subscription: ref.subscription, msgId, attempt, status, consumerId: consumer, ts: new Date(settledAt), ...(reason === undefined ? {} : { reason }),
  })));
}
