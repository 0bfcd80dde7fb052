/** Consecutive messages of one key in one hand, under one hold. */
export class Run {
  readonly key: string;
  /** `_id` of the hold. */
  readonly hold: string;
  /** Whoever set it. */
  readonly own: string;
  /** How often something was parked behind the hold when it was taken; undefined: never. */
  readonly parked: number | undefined;
  /** Leases that are not settled, by pointer. */
  readonly inHand: Map<string, { readonly leaseUntil: number }> = new Map();
  /** One of it waits for its retry until then (the server's clock, ms); 0: none. */
  blockedUntil = 0;

  constructor(key: string, hold: string, own: string, parked: number | undefined) {
    this.key = key;
    this.hold = hold;
    this.own = own;
    this.parked = parked;
  }

  /** Whether it may still be in our hands: its messages are being taken, or one of its leases is not over. `now`: our clock, ms. */
  isHeld(now: number): boolean {
    if (this.inHand.size === 0) return true;
    for (const { leaseUntil } of this.inHand.values()) if (leaseUntil > now) return true;
    return false;
  }
}
