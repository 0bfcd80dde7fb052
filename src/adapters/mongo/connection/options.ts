import type { Runtime } from '../../../port/runtime.js';
import type { Probes } from './probes.js';

/** How to reach the deployment. */
export interface ConnectionOptions {
  /** `mongodb://` or `mongodb+srv://`, with login, TLS and the set's name as the driver takes them. Needed where no client is given. */
  readonly uri?: string | undefined;
  /** A MongoClient (6.20 or 7) of the caller's: everything is read and written by it, and it is never closed. The change stream has a client of its own where there is a `uri` as well. */
  readonly client?: DriverClient | undefined;
  /** The hot database. Default: `chronow_hot`. */
  readonly database?: string | undefined;
  /** `auto`: change streams where the server has them, else polling with a warning. `required`: refuse to open without. `off`: polling. Default: `auto`. */
  readonly changeStreams?: 'auto' | 'required' | 'off' | undefined;
  /** How long open() may wait for an answer, ms. Default: 10 000. */
  readonly connectTimeoutMs?: number | undefined;
  /** After this many ms a call is given up and its outcome unknown. Default: 15 000. */
  readonly deadlineMs?: number | undefined;
  /** The longest delay between two attempts, ms. Default: 1 000. */
  readonly retryMs?: number | undefined;
  /** How often polling looks where there is no change stream, ms, at most. Default: 1 000. */
  readonly pollMs?: number | undefined;
  /** Guards that only warn: `version`. */
  readonly allowUnsafe?: readonly string[] | undefined;
  /** Overrides what the server says; for tests. */
  readonly probes?: Partial<Probes> | undefined;
  readonly runtime: Runtime;
}

/** What makes an object a client of the driver, of whichever of its versions. */
export interface DriverClient {
  readonly options: object;
  connect(): Promise<unknown>;
  db(...args: never[]): unknown;
  startSession(...args: never[]): unknown;
}
