/** Consecutive messages of one key in one hand, under one hold. */
export interface Run {
  readonly key: string;
  /** `_id` of the hold. */
  readonly hold: string;
  /** Whoever set it. */
  readonly own: string;
  /** How many of it are not settled. */
  inHand: number;
  /** One of it waits for its retry until then (the server's clock, ms); 0: none. */
  blockedUntil: number;
  /** More of the key may be parked behind it. */
  more: boolean;
  /** It was told to the server that it is over. */
  isOver: boolean;
}
