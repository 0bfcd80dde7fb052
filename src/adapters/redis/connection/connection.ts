import type { Observable } from 'rxjs';
import type { BrokerEvent, LinkStatus } from '../../../port/events.js';
import type { Probes } from './probes.js';
import type { PubSub } from './pubsub-signals.js';
import type { Reply } from './reply.js';
import type { Script } from './script.js';
import type { ServerClock } from '../../common/server-clock.js';

/** An argument of a command. */
export type Argument = string | number;

/** How long a call may take. */
export interface CallOptions {
  /** Default: the connection's `deadlineMs`. */
  readonly deadlineMs?: number | undefined;
}

/** What all other rooms of the adapter see of the server. */
export interface Connection {
  readonly topology: 'single' | 'sentinel' | 'cluster';
  readonly db: number;
  /** Known after {@link Connection.open}. */
  readonly probes: Probes;
  /** How many replicas must confirm a publish; undefined: none. Whoever wants that calls {@link Connection.runConfirmed}. */
  readonly durability: Durability | undefined;
  /** The server's clock as far as it is known. */
  readonly clock: ServerClock;
  /**
   * Runs a script on the master that owns the keys (at least one, all of one slot). The driver sends it again after a lost connection, so every
   * script must bear being run twice. Rejects with `LINK_LOST` (retryable, the outcome unknown) at the deadline: by then the connection has been
   * replaced. Other errors: errors.ts. Calls of one connection reach the server in the order they were made, resends after a lost connection and
   * redirects of a cluster aside.
   */
  run(script: Script, keys: readonly string[], args: readonly Argument[], options?: CallOptions): Promise<Reply>;
  /**
   * As {@link Connection.run}, with a WAIT behind it on a connection of its own. The script ran in any case: where `enough` is false its writes
   * are on the master and may be lost with it.
   */
  runConfirmed(script: Script, keys: readonly string[], args: readonly Argument[], options?: CallOptions): Promise<Confirmed>;
  /** One plain command, routed by its key, which is also its first argument. Lower-case name. */
  command(name: string, key: string, ...args: readonly Argument[]): Promise<Reply>;
  /** A connection of its own for blocking reads, to the node that owns `key`. It connects at the first read. */
  reader(key: string): Reader;
  readonly pubsub: PubSub;
  /** The masters, for CONFIG, INFO and the like; one for single and sentinel. The present ones: a cluster's change. */
  masters(): readonly MasterNode[];
  /**
   * For how many ms (monotonic) the command line has answered without a gap; undefined while it does not. A gap is an answer that took longer than `gapMs`
   * (default 1 000, 16 or more), or a lost connection: say what the lease in question bears. `key`: only the line to the master that owns it.
   */
  healthyForMs(gapMs?: number, key?: string): number | undefined;
  /** The state now, then every change. */
  readonly status$: Observable<LinkStatus>;
  /** What {@link Connection.open} found unsafe and let pass. Replayed, each setting once. */
  readonly warnings$: Observable<BrokerEvent>;
  /** Connects and checks the server. Errors: `BACKEND_UNREACHABLE`, `BACKEND_UNSAFE`, `CONFIG_INVALID`. */
  open(): Promise<void>;
  /** Ends within bounded time; never waits for a blocked read. Repeatable. */
  close(): Promise<void>;
}

/** Replicas that must have a publish before it is reported as stored. */
export interface Durability {
  readonly replicas: number;
  readonly timeoutMs: number;
}

export interface Confirmed {
  readonly reply: Reply;
  /** Replicas that had it within the time. */
  readonly replicas: number;
  /** Whether those are as many as {@link Durability} asks. */
  readonly enough: boolean;
}

/** Blocking reads, one at a time. */
export interface Reader {
  /**
   * XREADGROUP and the like with BLOCK (lower-case name). `blockMs` is what the command itself says, so that the watchdog knows. Answers null when
   * the time is up, or it was unblocked. Rejects with `LINK_LOST` when the line was lost or frozen: the reader has replaced its socket, and what the
   * old one may have been handed is for the caller to look for.
   */
  read(name: string, args: readonly Argument[], blockMs: number): Promise<Reply>;
  /** How many reads ended with their outcome unknown. */
  readonly lost: number;
  /** Ends a read under way: CLIENT UNBLOCK, again and again until the read has answered. */
  unblock(): void;
  close(): void;
}

/** One master. */
export interface MasterNode {
  /** `host:port`. */
  readonly id: string;
  command(name: string, ...args: readonly Argument[]): Promise<Reply>;
}
