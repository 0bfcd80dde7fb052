/**
 * Which order a subscription keeps, enforced by the backend across all processes. 'key': while a message of a key is
 * unsettled or waits for its retry, later ones of that key are handed to nobody else. 'strict': the same with one key
 * for all. 'none': messages are handed out in order but not held back.
 */
export type Order = 'none' | 'key' | 'strict';

/** What happens to a message whose time to live ended before it was settled. */
export type ExpiredAction = 'dead-letter' | 'drop';

/** Where a new subscription begins: everything retained, only what comes, or a time (ms since the epoch). */
export type StartPosition = 'earliest' | 'latest' | { readonly from: number };

/** What is stored with a subscription and shared by all its consumers. */
export interface SubscriptionPolicy {
  /** How long a lease lasts without renewal, in ms. */
  readonly visibilityTimeoutMs: number;
  /** A message is handed out at most this often. */
  readonly maxDeliveries: number;
  /** Delay before each redelivery after a failure, in ms; the last one repeats. */
  readonly retryBackoffMs: readonly number[];
  /** false: a spent message is dropped, with an event. */
  readonly deadLetterEnabled: boolean;
  readonly order: Order;
  readonly expired: ExpiredAction;
}

/** The options that were named explicitly; only these change what is stored. */
export type PolicyPatch = { readonly [K in keyof SubscriptionPolicy]?: SubscriptionPolicy[K] | undefined };

/** What a backend does when a new message would exceed {@link TopicLimits.maxStreamLen}. */
export type OnFull = 'reject' | 'dropOldest';

/** Stored with a topic. */
export interface TopicLimits {
  /** The most messages that some durable subscription may leave unsettled. Settled ones never count. */
  readonly maxStreamLen: number;
  readonly onFull: OnFull;
  /** How long settled messages stay readable (replay, late subscriptions), in ms. An unsettled one is never removed. */
  readonly retentionMs: number;
  /** How long an idempotency key is remembered, in ms. */
  readonly idempotencyWindowMs: number;
  /** Over how many shards the topic is spread; fixed by the first to name it. */
  readonly shardCount: number;
}

export type LimitsPatch = { readonly [K in keyof TopicLimits]?: TopicLimits[K] | undefined };
