import type { SubscriptionPolicy } from '../../../src/port/policy.js';
import type { Fault as LineFault } from '../../support/proxy/faults.js';
import type { Change } from '../backend/backend.js';
import type { Hazard } from '../history/event.js';

/** Everything that a run does, as data: it follows from row and seed, and is printed when the run breaks something. */
export interface Plan {
  readonly seed: number;
  readonly subscriptions: readonly SubscriptionSpec[];
  readonly topics: Readonly<Record<string, TopicSpec>>;
  readonly members: readonly MemberPlan[];
  /** One after the other. */
  readonly faults: readonly FaultPlan[];
  readonly recoveryMs: number;
  /** From the end of the last fault until all must be worked off. */
  readonly drainMs: number;
  readonly tailMs: number;
  readonly fatal: readonly string[];
  /** Also a first delivery comes within so many ms, although members come and go. */
  readonly promptMs?: number | undefined;
}

export interface TopicSpec {
  readonly shardCount?: number;
  readonly maxStreamLen?: number;
  readonly retentionMs?: number;
}

export interface SubscriptionSpec {
  /** `default` where left out. */
  readonly tenantId?: string;
  readonly topic: string;
  readonly name: string;
  readonly policy: SubscriptionPolicy;
}

export interface ConsumePlan {
  readonly topic: string;
  readonly name: string;
  readonly window: number;
  readonly concurrency: number;
  /** Of the work on one message, the most. */
  readonly workMs: number;
  /** How its application consumes; default `stay`. */
  readonly style?: ConsumeStyle | undefined;
  /** How long, or how many, before a style other than `stay` ends and begins again. */
  readonly every?: number | undefined;
  /** What it names when it subscribes, so that a subscription that was lost comes back as it was. */
  readonly policy?: SubscriptionPolicy | undefined;
}

/**
 * `take`: so many and no more. `cycle`: it unsubscribes in the middle of everything. `drain`: it ends in order. `bad`: its work
 * throws, hangs and rejects. `by-hand`: it settles by hand, and twice.
 */
export type ConsumeStyle = 'stay' | 'take' | 'cycle' | 'drain' | 'bad' | 'by-hand';

export interface PublishPlan {
  readonly topic: string;
  /** The number of its first message. */
  readonly from: number;
  /** So many at least; with `on` it goes on until the last fault is over, so that every fault meets something. */
  readonly count: number;
  readonly on?: boolean | undefined;
  readonly everyMs: number;
  /** How many messages a call has; above 1 it is a publishBatch. */
  readonly batch: number;
  /** Over how many keys; 0: without. */
  readonly keys: number;
  /** With idempotency keys (one by one) a call of unknown outcome is sent again; with a batch token too. */
  readonly repeats: boolean;
  /** Every so many of them is scheduled; 0: none. */
  readonly delayedEvery: number;
}

export interface SharePlan {
  readonly key: string;
  readonly watch: boolean;
  readonly writes: number;
  readonly everyMs: number;
}

/** Points at which a process can be made to die. `settling`: before the settlement goes out; `settled`: after it went out, before its answer. */
export type DeathPoint = 'claimed' | 'working' | 'settling' | 'settled' | 'publishing';

/** One process with one client. */
export interface MemberPlan {
  readonly name: string;
  readonly where: 'here' | 'child';
  readonly line: 'direct' | 'proxy';
  readonly tenantId?: string | undefined;
  readonly consumes: readonly ConsumePlan[];
  readonly publishes?: PublishPlan | undefined;
  readonly shares?: readonly SharePlan[] | undefined;
  /** It kills itself at the nth time it comes to this point. */
  readonly dies?: { readonly point: DeathPoint; readonly nth: number } | undefined;
  /** Its event loop stands still for so long, at the nth message it works on. */
  readonly blocks?: { readonly nth: number; readonly ms: number } | undefined;
  /** Its clock is so much ahead of the machine's, ms; behind where it is below 0. */
  readonly aheadMs?: number | undefined;
  /** It is not there from the beginning; a fault starts it. */
  readonly later?: boolean | undefined;
}

export type FaultKind =
  | { readonly kind: 'kill-server' }
  | { readonly kind: 'freeze-server' }
  | { readonly kind: 'command'; readonly args: readonly (string | number)[]; readonly undo?: readonly (string | number)[] | undefined; readonly everyMs?: number | undefined }
  | { readonly kind: 'line'; readonly fault: LineFault }
  | { readonly kind: 'reset-line' }
  | { readonly kind: 'pause-line' }
  /** `terminate`: by SIGTERM, which its application takes for an order to close. */
  | { readonly kind: 'kill' | 'freeze' | 'start' | 'close' | 'terminate'; readonly member: string }
  /** No fault, but a moment: everything that this member publishes has an outcome. */
  | { readonly kind: 'published'; readonly member: string }
  | { readonly kind: 'dies'; readonly member: string }
  | { readonly kind: 'change'; readonly how: Change; readonly topic: string }
  /** Something only this row does, by its name there. */
  | { readonly kind: 'act'; readonly act: string };

export interface FaultPlan {
  readonly what: FaultKind;
  /** It comes after so many deliveries since the last one. */
  readonly afterDeliveries: number;
  /** How long it lasts; a fault of a line that counts lasts at least until it has struck. */
  readonly forMs: number;
  /** Whom it befalls: a member, or `all`. */
  readonly on: string;
  readonly hazard?: Hazard | undefined;
}
