import type { KeyRef, SubscriptionRef, TopicRef } from './names.js';

/** What goes to the warm tier, or comes from it. */
export type WarmWork = 'value' | 'delete' | 'messages' | 'dead-letter' | 'deliveries' | 'read';
import type { SettleAction } from './lease.js';

/** What the core noticed. Together with {@link BrokerEvent} this is `cw.events$`. Names and counts only, never payloads. */
export type CoreEvent =
  | { readonly type: 'delivery-leaked'; readonly subscription: SubscriptionRef; readonly id: string; readonly deliveryCount: number }
  | { readonly type: 'lease-lost'; readonly subscription: SubscriptionRef; readonly id: string; readonly deliveryCount: number; readonly reason: 'lapsed' | 'taken' | 'unknown' }
  | { readonly type: 'settled-twice'; readonly subscription: SubscriptionRef; readonly id: string; readonly first: SettleAction; readonly second: SettleAction }
  | { readonly type: 'stalled'; readonly subscription: SubscriptionRef; readonly id: string; readonly heldMs: number }
  | { readonly type: 'failed-too-late'; readonly subscription: SubscriptionRef; readonly id: string; readonly operator: string }
  | { readonly type: 'undeliverable'; readonly subscription: SubscriptionRef; readonly id: string; readonly reason: string; readonly error: unknown }
  | { readonly type: 'settle-retried'; readonly subscription: SubscriptionRef; readonly count: number; readonly error: unknown }
  | { readonly type: 'claim-retried'; readonly subscription: SubscriptionRef; readonly attempt: number; readonly error: unknown }
  | { readonly type: 'renew-retried'; readonly subscription: SubscriptionRef; readonly count: number; readonly error: unknown }
  | { readonly type: 'option-clamped'; readonly option: string; readonly asked: number; readonly used: number; readonly reason: string }
  | { readonly type: 'handler-failed'; readonly subscription: SubscriptionRef; readonly operator: string; readonly error: unknown }
  | { readonly type: 'watch-unreadable'; readonly key: KeyRef; readonly revision: number; readonly error: unknown }
  | { readonly type: 'watch-set-failed'; readonly key: KeyRef; readonly error: unknown }
  | { readonly type: 'warm-retried'; readonly work: WarmWork; readonly of: KeyRef | TopicRef; readonly attempt: number; readonly error: unknown }
  | { readonly type: 'warm-failed'; readonly work: WarmWork; readonly of: KeyRef | TopicRef; readonly attempts: number; readonly error: unknown }
  /** A process ended before its copies were made, and what it wrote between these times (the backend's, ms since the epoch) is not in the hot tier any more: it may be missing in the warm one. `of` undefined: more than was noted by name. */
  | { readonly type: 'warm-missing'; readonly work: 'messages' | 'value'; readonly of: KeyRef | TopicRef | undefined; readonly from: number; readonly to: number; readonly count: number | 'unknown'; readonly reason: 'trimmed' | 'gone' | 'versions' | 'too-many' }
  | { readonly type: 'warm-not-configured'; readonly topic: TopicRef | undefined; readonly key: string | undefined };
