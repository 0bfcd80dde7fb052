import type { StoredBody } from './log-document.js';

/** Live: waits, is leased or delayed, all by `at`. Dead: a dead letter. Parked: behind a key that is held. */
export const pointerState = { live: 0, dead: 1, parked: 2 } as const;

export type PointerState = (typeof pointerState)[keyof typeof pointerState];

/** One death, the latest last. */
export interface DeathDocument {
  readonly at: Date;
  /** deliveryCount */
  readonly n: number;
  /** reason */
  readonly r: string;
  /** description */
  readonly d?: string | undefined;
  /** errors */
  readonly e?: readonly string[] | undefined;
}

/** `cw_deliv`: what one subscription still has to do with one message. No pointer: settled. */
export interface PointerDocument {
  /** `pointerId(s, q)` */
  readonly _id: string;
  /** The subscription's id. */
  readonly s: string;
  /** The topic's incarnation. */
  readonly t: string;
  /** The message's id. */
  readonly m: string;
  /** The message's sequence number. */
  readonly q: number;
  /** When the message was published; of a scheduled one: when it is due. With `q` its place in the order. */
  readonly ts: Date;
  readonly st: PointerState;
  /**
   * The next moment at which it may be taken: fresh and scheduled when it is due, delayed when its delay is over, leased when the lease ends. Every
   * change of state sets it to the server's time or later.
   */
  readonly at: Date;
  /** Deliveries. */
  readonly n: number;
  /** Lease: random for each claim. */
  readonly tok?: string | undefined;
  /** Lease: who has it. */
  readonly own?: string | undefined;
  /** An attempt lapsed or leaked. */
  readonly l?: boolean | undefined;
  /** Attempts that leaked. */
  readonly lk?: number | undefined;
  /** Its place: `at` before it was taken for the first time. What is handed back goes there. */
  readonly was?: Date | undefined;
  /** The leases that were settled last, four at most, the latest first: how a settlement finds out that it was carried out although nobody heard the answer. */
  readonly pt?: readonly string[] | undefined;
  /** It was published to be due later: until `at`, with `n` 0, it is scheduled and not delayed. */
  readonly sch?: boolean | undefined;
  readonly k?: string | undefined;
  readonly x?: Date | undefined;
  /**
   * Since when the message was found missing from the log. Its publish is under way, or ended half-way: it is not handed out, and after ten minutes
   * (a publish that takes a minute begins anew) it may be removed.
   */
  readonly lack?: Date | undefined;
  /** Whoever drops it has it, and this is what it was. */
  readonly before?: { readonly at: Date; readonly tok?: string | undefined } | undefined;
  readonly deaths?: readonly DeathDocument[] | undefined;
  /** Only of a dead letter, or of one that was redriven: the message, which the log may have lost by then. */
  readonly b?: StoredBody | undefined;
  readonly h?: readonly string[] | undefined;
  readonly c?: string | undefined;
}
