import type { SubscriptionRef, TopicRef } from './names.js';
import type { SubscriptionPolicy } from './policy.js';

/** State of the line to the backend. */
export type LinkStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'ready' }
  | { readonly state: 'reconnecting'; readonly attempt: number; readonly error: unknown }
  | { readonly state: 'closed' };

/** What a backend noticed by itself. Events carry names and counts, never payloads. */
export type BrokerEvent =
  | { readonly type: 'policy-changed'; readonly subscription: SubscriptionRef; readonly before: SubscriptionPolicy; readonly after: SubscriptionPolicy; readonly client: string }
  | { readonly type: 'dead-lettered'; readonly subscription: SubscriptionRef; readonly id: string; readonly reason: string; readonly deliveryCount: number }
  | { readonly type: 'dropped'; readonly subscription: SubscriptionRef; readonly id: string; readonly reason: string; readonly deliveryCount: number }
  | { readonly type: 'lease-lapsed'; readonly subscription: SubscriptionRef; readonly id: string; readonly deliveryCount: number }
  | { readonly type: 'topic-filling'; readonly topic: TopicRef; readonly subscription: string; readonly unsettled: number; readonly maxStreamLen: number }
  | { readonly type: 'subscription-idle'; readonly subscription: SubscriptionRef; readonly idleMs: number; readonly waiting: number }
  | { readonly type: 'gap'; readonly subscription: SubscriptionRef; readonly missed: number }
  /** The store lost a subscription's `position` (it begins again with everything that is retained: doubles) or the `messages` themselves. */
  | { readonly type: 'store-lost'; readonly subscription: SubscriptionRef; readonly shard: number; readonly lost: 'messages' | 'position' }
  /** The server is set up in a way that can lose messages, or that cannot be read: `setting` names it, `value` is what it is, `advice` what to do. Once per setting. */
  | { readonly type: 'unsafe-setting'; readonly setting: string; readonly value: string; readonly advice: string };
