/** `cw_holds`: a run of consecutive messages of a key is in one consumer's hands, or the key waits for a retry. */
export interface HoldDocument {
  /** `holdId(s, key)` */
  readonly _id: string;
  /** The subscription's id. */
  readonly s: string;
  /** The consumer. */
  readonly own: string;
  readonly until: Date;
  /** How many of the run are in hand. */
  readonly n: number;
}
