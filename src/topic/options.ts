import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Codec } from '../codec/codec.js';
import type { OnFull, PolicyPatch, StartPosition } from '../port/policy.js';

/** Options of `cw.topic()`. */
export interface TopicOptions<T> {
  /** Any Standard Schema (zod, valibot, arktype …). Checks what is published and what arrives. Default: none. */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined;
  /** How payloads become bytes. Default: JSON. */
  readonly codec?: Codec<T> | undefined;
  /** Default: the client's, else `default`. */
  readonly namespace?: string | undefined;
  /** Default: the client's, else `default`. */
  readonly tenantId?: string | undefined;
  /** Number of shards, 1 or more; the first to name it fixes it. Default: 1. */
  readonly shardCount?: number | undefined;
  /** The most messages some durable subscription may leave unsettled, 1 or more. Default: 100 000. */
  readonly maxStreamLen?: number | undefined;
  /** What a publish does when that is reached. Default: `reject` with `TOPIC_FULL`. */
  readonly onFull?: OnFull | undefined;
  /** How long settled messages stay readable, ms, 0 or more. Default: 7 days. */
  readonly retentionMs?: number | undefined;
}

/** Options of `topic.publish()` and its kin. */
export interface PublishOptions {
  /** Text to text, 32 KiB in all. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Ordering key, 1-512 bytes. Default: none. */
  readonly key?: string | undefined;
  /** A second message of the same (topic, key, id) within the idempotency window (10 min) is not stored; its receipt is the first one's, with `duplicate: true`. Default: none. */
  readonly idempotencyKey?: string | undefined;
  /** Not delivered before this many ms have passed, 0 or more. Default: at once. */
  readonly delayMs?: number | undefined;
  /** Not delivered before this time: a Date or ms since the epoch. Default: at once. */
  readonly deliverAt?: Date | number | undefined;
  /** Not delivered later than this many ms after it became due, 1 or more. Default: never expires. */
  readonly ttlMs?: number | undefined;
}

/** Options of the promise forms: a call that can wait can be given up. */
export interface WithSignal {
  /** Rejects with `ABORTED` when it aborts. What was sent is not taken back. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** One message of a batch. */
export interface BatchItem<T> extends PublishOptions {
  readonly payload: T;
}

/** Options of a whole batch. */
export interface BatchPublishOptions {
  /** A resend with the same token completes the batch and stores nothing twice, 1-200 characters. Unique to the batch. Default: none, and the batch cannot be completed. */
  readonly token?: string | undefined;
}

/** Options of `topic.subscription()`. The first group is stored with the subscription and shared by all its consumers; only what is named here changes it. */
export interface SubscriptionOptions extends PolicyPatch {
  /** Where a new subscription begins; counts only at creation. Default: `earliest`; without a name `latest`. */
  readonly startFrom?: StartPosition | undefined;
  /** `error`: a named option that differs from the stored one is refused with `POLICY_CONFLICT`. Default: `update`, with a `policy-changed` event. */
  readonly onPolicyConflict?: 'update' | 'error' | undefined;
  /** The window: the most deliveries unsettled at once, per subscribe(), 1-100 000. Default: 32. */
  readonly maxInFlight?: number | undefined;
  /** The longest time a lease is renewed, ms, at least the visibility timeout. Default: 3 600 000. */
  readonly maxLeaseMs?: number | undefined;
  /** A name for logs and inspection. Default: made up. */
  readonly consumerName?: string | undefined;
}
