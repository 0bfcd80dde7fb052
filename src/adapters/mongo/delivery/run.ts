/** Consecutive messages of one key in one hand, under one hold. */
export class Run {
  readonly key: string;
  /** `_id` of the hold. */
  readonly hold: string;
  /** Whoever set it. */
  readonly own: string;
  /** How often something was parked behind the hold when it was taken; undefined: never. */
  readonly parked: number | undefined;
  /** Pointers that are not settled. */
  readonly inHand: Set<string> = new Set();
  /** One of it waits for its retry until then (the server's clock, ms); 0: none. */
  blockedUntil = 0;

  constructor(key: string, hold: string, own: string, parked: number | undefined) {
    this.key = key;
    this.hold = hold;
    this.own = own;
    this.parked = parked;
  }
}
