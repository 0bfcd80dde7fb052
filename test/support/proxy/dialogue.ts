/** One whole request as it came, with as much understood as faults need. */
export interface Asked {
  readonly bytes: Buffer;
  /** Under which a fault may mean it, in lower case: `xadd`, `insert cw_log`. */
  readonly names: readonly string[];
  /** It goes on to the server, and is going to be answered. */
  passed(): void;
}

/** One whole piece of what the server says. */
export interface Told {
  readonly bytes: Buffer;
  /** Of the request that it answers; undefined: nobody asked for it, or not just now. */
  readonly names: readonly string[] | undefined;
  /** It holds nothing. */
  readonly empty: boolean;
}

/** What both sides of one connection say, cut into whole pieces, however it came. */
export interface Dialogue {
  requests(chunk: Buffer): readonly Asked[];
  replies(chunk: Buffer): readonly Told[];
}
