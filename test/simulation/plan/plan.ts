import type { SubscriptionPolicy } from '../../../src/port/policy.js';

/** Everything that is decided before a run. A plan and nothing else makes a run, so any part of it can be left out. */
export interface Plan {
  readonly seed: number;
  readonly subscriptions: readonly SubscriptionPlan[];
  readonly clients: readonly ClientPlan[];
  readonly publishes: readonly PublishPlan[];
  readonly keyWrites: readonly KeyWritePlan[];
  readonly faults: readonly FaultPlan[];
  /** When all faults end, ms of true time. */
  readonly healAt: number;
}

export interface SubscriptionPlan {
  readonly topic: string;
  readonly name: string;
  readonly policy: SubscriptionPolicy;
}

/** One process, and those that follow it under the same name after a crash. */
export interface ClientPlan {
  readonly name: string;
  /** How wrong its clock is from the start, ms. */
  readonly skewMs: number;
  /** One way, ms. */
  readonly latencyMs: number;
  readonly lingerMs: number;
  readonly consumers: readonly ConsumerPlan[];
  readonly watches: readonly string[];
}

/** How a consumer's subscribe() ends and begins again: never; after some deliveries; by unsubscribing; by `takeUntil` before the work. */
export type ConsumerStyle = 'steady' | 'take' | 'cycle' | 'drain';

/** What stands behind the work. */
export type Pipeline = 'policy' | 'retry' | 'dead' | 'retry-dead';

export interface ConsumerPlan {
  readonly topic: string;
  readonly subscription: string;
  readonly pipeline: Pipeline;
  readonly window: number;
  readonly concurrency: number;
  readonly style: ConsumerStyle;
  /** Time, or number of deliveries, until its subscribe() ends. */
  readonly every: number;
  readonly timeoutMs: number | undefined;
  readonly maxLeaseMs: number;
}

/** What work on a message does: it succeeds; fails so many times; always fails; asks for the dead letters; asks for a later retry once; never ends; kills its process. */
export type Temper =
  | { readonly kind: 'good' }
  | { readonly kind: 'fails'; readonly times: number; readonly throws: boolean }
  | { readonly kind: 'dies' }
  | { readonly kind: 'later'; readonly delayMs: number }
  | { readonly kind: 'hangs' }
  | { readonly kind: 'poison' };

export interface MessagePlan {
  /** Stands in its payload. */
  readonly n: number;
  readonly key: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly delayMs: number | undefined;
  readonly ttlMs: number | undefined;
  readonly temper: Temper;
  readonly workMs: number;
}

/** One call: a single message, or a batch under one token that is sent again while its outcome is unknown. */
export interface PublishPlan {
  readonly at: number;
  readonly client: string;
  readonly topic: string;
  readonly batch: boolean;
  readonly messages: readonly MessagePlan[];
}

export interface KeyWritePlan {
  readonly at: number;
  readonly client: string;
  readonly key: string;
  readonly action: 'set' | 'update' | 'del' | 'set-ttl';
}

export type FaultPlan =
  | { readonly kind: 'cut' | 'lossy' | 'slow' | 'freeze'; readonly client: string; readonly at: number; readonly forMs: number }
  /** The process is gone; its line is noticed to be dead only after `halfOpenMs`, and a successor starts after `backMs`. */
  | { readonly kind: 'crash'; readonly client: string; readonly at: number; readonly backMs: number; readonly halfOpenMs: number }
  /** The process is asked to end, closes its client, and its successor starts: no fault at all. */
  | { readonly kind: 'restart'; readonly client: string; readonly at: number }
  | { readonly kind: 'jump'; readonly client: string; readonly at: number; readonly byMs: number };

/** The `client` of a fault that befalls the broker. */
export const brokerName = 'broker';
