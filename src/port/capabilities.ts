/**
 * What a backend can do, as data. Suites and docs read it; code never asks for a backend's name. Where a promise of
 * the port differs between backends it stands here, with the reason in the adapter's docs.
 */
export interface Capabilities {
  /** Other processes see the same topics and keys. */
  readonly shared: boolean;
  /** What was acknowledged survives the end of this process. */
  readonly durable: boolean;
  /** Calls answer within the call: nothing to gain from waiting for more work before a round trip. */
  readonly synchronous: boolean;
  /** How long free credit waits for more of it before the next claim, in ms. */
  readonly claimLingerMs: number;
  /** How long a settlement waits for others before the round trip, in ms. */
  readonly settleLingerMs: number;
  /** How exactly deadlines are kept, in ms. */
  readonly timeGranularityMs: number;
  /** The most shards a topic may have. */
  readonly maxShards: number;
  /** Settled messages stay readable until retention or the bound removes them. */
  readonly replay: boolean;
  /** Watchers are shown every change. Where not, they are shown what is there when somebody looks: the last of several changes. */
  readonly everyChange: boolean;
}

/** What an acknowledged publish survives; the checker takes it as input and the README prints it. */
export interface DurabilityRow {
  /** For instance `this process only`, `fsync every second`, `majority of the replica set`. */
  readonly promise: string;
  /** Failures after which nothing that was acknowledged is missing. */
  readonly survives: readonly ('process-crash' | 'server-crash' | 'power-cut' | 'failover')[];
}

/** Format numbers of what a backend stores (DESIGN 5.4). */
export interface FormatNumbers {
  readonly writes: number;
  readonly reads: readonly number[];
}
