import type { Runtime } from '../../../port/runtime.js';
import type { Durability } from './connection.js';
import type { Probes } from './probes.js';

/** How to reach the servers. */
export interface ConnectionOptions {
  readonly topology: 'single' | 'sentinel' | 'cluster';
  /** The server; for a sentinel the sentinels, for a cluster some of its nodes. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** The master that the sentinels watch. */
  readonly masterName?: string | undefined;
  readonly tls?: boolean | undefined;
  /** Authorities to trust, as PEM text. A function is asked at each connect, so that a renewed certificate counts. Default: the system's. */
  readonly ca?: string | (() => string) | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db?: number | undefined;
  /** The longest delay between two attempts to reconnect, ms. Default: 2 000. */
  readonly retryMs?: number | undefined;
  /** How long open() may wait for an answer, ms. Default: 10 000. */
  readonly connectTimeoutMs?: number | undefined;
  /** After this many ms a call is given up and its outcome unknown. Default: 5 000, in a cluster 15 000. */
  readonly deadlineMs?: number | undefined;
  /** What our keys begin with: rights are tried on a key of it. Default: `cw:`. */
  readonly keyPrefix?: string | undefined;
  /** Guards that only warn: `version`, `eviction`. */
  readonly allowUnsafe?: readonly string[] | undefined;
  readonly durability?: Durability | undefined;
  /** An ioredis client (5.11 to 6) of the caller's. It is duplicated, never used or closed; where it is given, hosts and login come from it. */
  readonly client?: DriverClient | undefined;
  /** Overrides what the server's version says; for tests. */
  readonly probes?: Partial<Probes> | undefined;
  readonly runtime: Runtime;
}

/** What makes an object an ioredis client, of whichever of its versions: `Redis` or `Cluster`. */
export interface DriverClient {
  readonly options: object;
  readonly status: string;
  duplicate(...args: never[]): unknown;
}
