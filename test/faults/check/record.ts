import type { DurabilityRow } from '../../../src/port/capabilities.js';
import type { SubscriptionPolicy } from '../../../src/port/policy.js';
import type { Hazard, HistoryEvent } from '../history/event.js';

export interface SubscriptionPlan {
  /** `orders/a`. */
  readonly sub: string;
  readonly topic: string;
  readonly policy: SubscriptionPolicy;
}

/** What the checker holds a run against. */
export interface Rules {
  readonly subscriptions: readonly SubscriptionPlan[];
  readonly durability: {
    /** What an acknowledged write survives. */
    readonly survives: DurabilityRow['survives'];
    /** What takes back what nobody waited for: an ack that no replica has yet, or a count. */
    readonly rewinds: readonly Hazard[];
  };
  /** Of what a failure that is not survived may take: the last so many ms. */
  readonly tailMs: number;
  /** How late what is available again may be handed out, counted from the end of the last fault in between. */
  readonly recoveryMs: number;
  readonly closeMs: number;
  /** Codes with which a stream may end here. */
  readonly fatal: readonly string[];
  /** How late a first delivery may be; undefined: a backlog is no fault. */
  readonly promptMs?: number | undefined;
}

export interface DeadText {
  readonly id: string;
  readonly n: number;
  readonly key: string | undefined;
  readonly body: string;
  readonly headers: string;
  readonly count: number;
  readonly reason: string;
}

/** What the store held, and what the processes came to, when all was over. */
export interface EndState {
  /** Everything was worked off in time. */
  readonly drained: boolean;
  /** What was not, in words. */
  readonly left: readonly string[];
  /** Ids that are still to be delivered, by subscription. */
  readonly available: Readonly<Record<string, readonly string[]>>;
  readonly dead: Readonly<Record<string, readonly DeadText[]>>;
  /** What each topic retains, as `n id`. */
  readonly retained: Readonly<Record<string, readonly string[]>>;
  readonly keys: Readonly<Record<string, { readonly revision: number; readonly value: number | undefined }>>;
  /** How long each process took to close, ms; null: it did not. */
  readonly closing: Readonly<Record<string, number | null>>;
  /** Promises that did not settle. */
  readonly unsettled: readonly string[];
  /** What is there now and was not before. */
  readonly leaks: readonly string[];
}

export interface RunRecord {
  readonly rules: Rules;
  readonly events: readonly HistoryEvent[];
  readonly end: EndState;
}
