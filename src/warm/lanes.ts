import type { KeyRef, SubscriptionRef, TopicRef } from '../port/names.js';

/** Writes of one key, one topic, one subscription's dead letters, or its deliveries, go in their order. Names have no line break, and the free text is last. */
export function keyLane({ tenantId, namespace, key }: KeyRef): string {
  return ['key', tenantId, namespace, key].join('\n');
}

export function topicLane({ tenantId, namespace, topic }: TopicRef): string {
  return ['topic', tenantId, namespace, topic].join('\n');
}

export function deadLetterLane({ tenantId, namespace, topic, subscription }: SubscriptionRef): string {
  return ['dead', tenantId, namespace, topic, subscription].join('\n');
}

export function deliveryLane({ tenantId, namespace, topic, subscription }: SubscriptionRef): string {
  return ['delivery', tenantId, namespace, topic, subscription].join('\n');
}
