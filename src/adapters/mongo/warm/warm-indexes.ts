import type { IndexDescription } from 'mongodb';

/** Collections whose indexes are made together: what every warm tier has, and what is written only where it is asked for. */
export type WarmPart = 'usual' | 'deliveries';

export type WarmCollection = 'shared_memory' | 'topics' | 'messages' | 'dead_letters' | 'deliveries';

const expiry = { name: 'cw_expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 } as const;

/** The indexes of chronos-db 2.3, by its names, and ours for what ends after `retentionDays`. */
export const warmIndexes: Readonly<Record<WarmPart, Readonly<Partial<Record<WarmCollection, readonly IndexDescription[]>>>>> = {
  usual: {
    shared_memory: [
      { name: 'shared_latest_unique', key: { tenantId: 1, namespace: 1, key: 1, strategy: 1 }, unique: true, partialFilterExpression: { strategy: 'latest' } },
      { name: 'shared_append_history', key: { tenantId: 1, namespace: 1, key: 1, version: -1 } },
      { name: 'shared_updated', key: { updatedAt: -1 } },
      expiry,
    ],
    topics: [{ name: 'topics_unique', key: { tenantId: 1, topic: 1 }, unique: true }],
    messages: [
      { name: 'messages_unique', key: { tenantId: 1, topic: 1, msgId: 1 }, unique: true },
      { name: 'messages_time', key: { firstSeenAt: -1 } },
      { name: 'messages_topic_time', key: { tenantId: 1, topic: 1, firstSeenAt: -1 } },
      expiry,
    ],
    dead_letters: [
      { name: 'dlq_lookup', key: { tenantId: 1, topic: 1, msgId: 1 } },
      { name: 'dlq_time', key: { failedAt: -1 } },
      { name: 'dlq_topic_time', key: { tenantId: 1, topic: 1, failedAt: -1 } },
      expiry,
    ],
  },
  deliveries: {
    deliveries: [
      { name: 'deliveries_unique', key: { tenantId: 1, topic: 1, subscription: 1, msgId: 1, attempt: 1 }, unique: true },
      { name: 'deliveries_msg', key: { tenantId: 1, topic: 1, msgId: 1 } },
      { name: 'deliveries_time', key: { ts: -1 } },
      expiry,
    ],
  },
};
