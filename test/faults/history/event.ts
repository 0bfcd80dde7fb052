import type { SettleAction, SettleDeviation } from '../../../src/port/lease.js';

/** How an operation ended as its caller sees it; `info`: it may have happened, or may not. */
export type Ending = 'ok' | 'fail' | 'info';

/** What the backend answered about one settlement. */
export type SettleResult = SettleDeviation['result'] | 'done';

export interface SettleItem {
  readonly lease: string;
  readonly action: SettleAction;
  readonly delayMs: number | undefined;
  readonly reason: string | undefined;
}

/** One message of a publish. */
export interface PublishItem {
  readonly n: number;
  readonly key?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly delayMs?: number | undefined;
}

export interface ClaimedEvent {
  readonly kind: 'claimed';
  readonly consumer: string;
  readonly sub: string;
  /** Unique in the history. */
  readonly lease: string;
  readonly id: string;
  readonly n: number;
  readonly key: string | undefined;
  readonly body: string;
  readonly headers: string;
  readonly count: number;
  /** How long the lease lasts from now, by the client's own, careful reckoning, ms. */
  readonly leftMs: number;
}

/** What an application asked and heard. A publish that is sent again is a new `publish` of the same `call`. */
export type Publishing =
  | { readonly kind: 'publish'; readonly call: string; readonly topic: string; readonly items: readonly PublishItem[] }
  | { readonly kind: 'publish-end'; readonly call: string; readonly how: Ending; readonly ids: readonly (string | undefined)[]; readonly code: string | undefined };

/** What went over a consumer's line, seen between the core and the adapter. */
export type Consuming =
  | { readonly kind: 'claim'; readonly consumer: string; readonly sub: string; readonly max: number; readonly window: number }
  | { readonly kind: 'claim-end'; readonly consumer: string; readonly sub: string; readonly how: Ending; readonly code: string | undefined }
  | ClaimedEvent
  | { readonly kind: 'settle'; readonly op: string; readonly consumer: string; readonly sub: string; readonly items: readonly SettleItem[] }
  | { readonly kind: 'settle-end'; readonly op: string; readonly how: Ending; readonly results: readonly SettleResult[]; readonly code: string | undefined }
  | { readonly kind: 'renewed'; readonly leases: readonly string[]; readonly lost: readonly string[]; readonly leftMs: number }
  | { readonly kind: 'work'; readonly sub: string; readonly id: string; readonly n: number; readonly count: number; readonly what: 'started' | 'done' | 'failed' | 'stopped' }
  | { readonly kind: 'outcome'; readonly sub: string; readonly id: string; readonly n: number; readonly count: number; readonly what: string }
  | { readonly kind: 'stream-error'; readonly sub: string; readonly code: string }
  | { readonly kind: 'noticed'; readonly what: string; readonly sub: string | undefined; readonly id: string | undefined; readonly reason: string | undefined; readonly count: number | undefined };

export type Sharing =
  | { readonly kind: 'write'; readonly call: string; readonly key: string; readonly action: 'set' | 'del' | 'foreign'; readonly value: number | undefined }
  | { readonly kind: 'write-end'; readonly call: string; readonly how: Ending; readonly code: string | undefined }
  | { readonly kind: 'watched'; readonly watcher: string; readonly key: string; readonly revision: number; readonly value: number | undefined }
  | { readonly kind: 'watch-status'; readonly watcher: string; readonly key: string; readonly status: string };

/** Failures that a durability row may or may not survive. */
export type Hazard = 'process-crash' | 'server-crash' | 'power-cut' | 'failover' | 'wiped' | 'group-lost';

/** What befell whom. */
export type Befalling =
  | { readonly kind: 'fault'; readonly fault: string; readonly on: string; readonly hazard?: Hazard | undefined }
  /** `strikes`: how often it met anything, where it had to. */
  | { readonly kind: 'heal'; readonly fault: string; readonly on: string; readonly strikes?: number | undefined }
  /** The last fault is over. */
  | { readonly kind: 'healed' }
  /** The event loop of this process stood still. */
  | { readonly kind: 'stalled'; readonly ms: number }
  | { readonly kind: 'process'; readonly what: 'up' | 'killed' | 'closing' | 'closed' }
  /** Something that was to be so; I15 looks at these. */
  | { readonly kind: 'expected'; readonly what: string; readonly want: string; readonly got: string };

/** `t`: ms by a clock that all processes of the machine share; `process`: who wrote it down; `seq`: its place in that file. */
export interface Stamp {
  readonly t: number;
  readonly process: string;
  readonly seq: number;
}

export type Entry = Publishing | Consuming | Sharing | Befalling;
export type HistoryEvent = Entry & Stamp;
export type EventOf<K extends Entry['kind']> = Extract<Entry, { readonly kind: K }> & Stamp;
