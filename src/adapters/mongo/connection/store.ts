import type { ClientSession, Collection, Document, ReadConcernLike, Timestamp } from 'mongodb';
import type { Observable } from 'rxjs';
import type { BrokerEvent, LinkStatus } from '../../../port/events.js';
import type { ServerClock } from '../../common/server-clock.js';
import type { Hints } from './hints.js';
import type { Probes } from './probes.js';

/** The collections of the hot database. */
export type HotCollection = 'cw_topics' | 'cw_log' | 'cw_deliv' | 'cw_holds' | 'cw_kv' | 'cw_kv_versions' | 'cw_meta';

/** How long a call may take. */
export interface AttemptOptions {
  /** Default: the connection's `deadlineMs`. */
  readonly deadlineMs?: number | undefined;
}

/** Options that a read takes to be causal. */
export interface ReadAt {
  readonly session?: ClientSession;
  readonly readConcern?: ReadConcernLike;
}

/** What all other rooms of the adapter see of MongoDB. They may import types and BSON classes of the driver as well. */
export interface MongoStore {
  /** Known after {@link MongoStore.open}. */
  readonly probes: Probes;
  /** Writes with majority unless the operation says otherwise. Errors of the driver must not get out: call it within {@link MongoStore.attempt}. */
  collection<T extends Document>(name: HotCollection): Collection<T>;
  /**
   * Runs an operation that bears being run twice (the same ids, the same token); again with back-off after every network error, election and the
   * like until the deadline; then `LINK_LOST` (retryable, the outcome unknown). An attempt that got no answer is left behind: it may still be
   * carried out. The operation is told the attempt's number, 1 first: what matches nothing in a later one may be its own doing. Other errors
   * of the driver come out as `ChronowError`; a duplicate key (11000) is for the operation itself to catch.
   *
   * `what` stands in messages: `publish to cw_log`; no payload, no name of a user.
   */
  attempt<T>(what: string, operation: (attempt: number) => Promise<T>, options?: AttemptOptions): Promise<T>;
  /**
   * As {@link MongoStore.attempt}, for reads by majority that are not older than `at`: pass `options` to each of them. `at` undefined: not older than
   * the server is now. Without a replica set these are plain reads.
   */
  readAt<T>(what: string, at: Timestamp | undefined, read: (options: ReadAt) => Promise<T>): Promise<T>;
  /** The server's clock as far as it is known. */
  readonly clock: ServerClock;
  /** Wake-up hints of topics, changes of keys. */
  readonly hints: Hints;
  /** For how many ms (monotonic) the primary has answered without a gap of `gapMs` (default 1 000, 16 or more); undefined while it does not. */
  healthyForMs(gapMs?: number): number | undefined;
  /**
   * Which election made the primary what it is; undefined: no replica set. Known before anything is sent to another primary: what was sent and answered
   * in one election was carried out by one server, in that order.
   */
  election(): string | undefined;
  /** The state now, then every change. */
  readonly status$: Observable<LinkStatus>;
  /** What was found unsafe and let pass. Replayed, each setting once. */
  readonly warnings$: Observable<BrokerEvent>;
  /** Connects, checks the deployment, sets up indexes. Errors: `BACKEND_UNREACHABLE`, `BACKEND_UNSAFE`, `CONFIG_INVALID`, `FORMAT_TOO_NEW`. */
  open(): Promise<void>;
  /** Ends within bounded time. Repeatable. */
  close(): Promise<void>;
}
