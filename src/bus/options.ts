import type { StoredMessage } from '../port/message.js';
import type { PolicyPatch, StartPosition } from '../port/policy.js';
import type { PublishOptions } from '../topic/options.js';
import type { ScopeOptions } from '../topic/refs.js';

/** A call that can wait can be given up. */
export interface Abortable {
  /** Default: none. */
  readonly signal?: AbortSignal | undefined;
}

export interface EnsureTopicOptions extends ScopeOptions {
  /** Number of shards, 1-1 024; the first to name it fixes it. Default: 1. */
  readonly shardCount?: number | undefined;
}

export interface EnsureSubscriptionOptions extends PolicyPatch, ScopeOptions {
  /** The topic's number of shards: see {@link EnsureTopicOptions}. */
  readonly shardCount?: number | undefined;
  /** Counts only at creation. Default: `earliest`. */
  readonly startFrom?: StartPosition | undefined;
  /** `error`: an option that differs from the stored one is refused. Default: `update`. */
  readonly onPolicyConflict?: 'update' | 'error' | undefined;
}

export interface BusPublishOptions extends PublishOptions, ScopeOptions, Abortable {
  /** Keep a copy in the warm tier; `required` makes it part of the call. Default: the client's `warm.persist`, else false. */
  readonly persistWarmCopy?: boolean | 'required' | undefined;
}

export interface ConsumeOptions extends ScopeOptions, Abortable {
  /** A name for logs and inspection. Default: made up. */
  readonly consumerName?: string | undefined;
  /** The most messages unsettled at once, 1-100 000. Default: 1. */
  readonly prefetch?: number | undefined;
  /** Renew the lease of the message in hand until it is settled. Default: false: it is visible again after `visibilityTimeoutMs`. */
  readonly autoRenew?: boolean | undefined;
}

export interface PeekOptions extends ScopeOptions {
  /** 1-10 000. Default: 10. */
  readonly limit?: number | undefined;
}

/** A message as seen without taking it. */
export interface PeekedItem<T = unknown> {
  readonly id: string;
  /** undefined where the body cannot be decoded; `problem` says why then. */
  readonly payload: T | undefined;
  readonly problem: string | undefined;
  readonly headers: StoredMessage['headers'];
  readonly key: string | undefined;
  readonly publishedAt: number;
  readonly state: 'waiting' | 'delayed' | 'leased';
  readonly deliveryCount: number;
}

export interface PeekDlqOptions extends ScopeOptions {
  /** Only this subscription's. Default: all of the topic. */
  readonly subscription?: string | undefined;
  /** Only those that died for this reason. Default: any. */
  readonly reason?: string | undefined;
}

/** A dead letter as seen without taking it. */
export interface DeadLetterItem<T = unknown> {
  readonly id: string;
  readonly subscription: string;
  readonly payload: T | undefined;
  readonly problem: string | undefined;
  readonly headers: StoredMessage['headers'];
  readonly key: string | undefined;
  readonly publishedAt: number;
  readonly deliveryCount: number;
  /** The latest reason; `history` has the earlier ones too. */
  readonly reason: string;
  readonly description: string | undefined;
  readonly errors: readonly string[];
  readonly deadAt: number;
  readonly history: readonly { readonly reason: string; readonly description: string | undefined; readonly deadAt: number; readonly deliveryCount: number }[];
}

export interface RedriveOptions extends ScopeOptions {
  /** Only this subscription's dead letters. Default: all of the topic. */
  readonly subscription?: string | undefined;
  /** Only these messages. Default: all. */
  readonly ids?: readonly string[] | undefined;
  /** Only those that died for this reason. Default: any. */
  readonly reason?: string | undefined;
  /** At most so many per subscription, the oldest first, 1 or more. Default: all. */
  readonly max?: number | undefined;
}

export interface ReplayOptions extends ScopeOptions, Abortable {
  /** From this publish time on: a Date or ms since the epoch, inclusive. Default: everything there is. */
  readonly from?: Date | number | undefined;
  /** Up to this publish time, inclusive. Default: now. */
  readonly to?: Date | number | undefined;
  /** Only messages for which it answers true; it answers at once. What it throws ends the replay with `REPLAY_STOPPED`. Default: all. */
  readonly filter?: ((message: PeekedReplay) => boolean) | undefined;
  /** At most so many messages a second, 0.001 or more; up to a tenth of it at once. Default: Infinity. */
  readonly rate?: number | undefined;
}

/** What a replay's filter sees. */
export interface PeekedReplay<T = unknown> {
  readonly id: string;
  readonly payload: T | undefined;
  readonly headers: StoredMessage['headers'];
  readonly key: string | undefined;
  readonly publishedAt: number;
}
