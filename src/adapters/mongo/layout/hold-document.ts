/** `cw_holds`: a run of consecutive messages of a key is in one consumer's hands, or the key waits for a retry. */
export interface HoldDocument {
  /** `holdId(s, key)` */
  readonly _id: string;
  /** The subscription's id. */
  readonly s: string;
  /** Whoever set it: one for each claim. */
  readonly own: string;
  readonly until: Date;
  /** How many of the run are in hand. */
  readonly n: number;
  /** How often something was parked behind it: it stays for as long as there may be something. */
  readonly w?: number | undefined;
}
