import type { Broker } from '../../src/port/broker.js';
import type { Capabilities } from '../../src/port/capabilities.js';
import type { Scope } from '../../src/port/names.js';

/** The two functions of a test runner that the suite calls: those of vitest, jest, mocha and `node:test` fit. */
export interface ConformanceRunner {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => Promise<void>) => void;
}

/** One promise's world: a broker that answers, and a scope in which nothing has ever been. */
export interface ConformanceSession {
  /** Opened: `open()` has answered. */
  readonly broker: Broker;
  /** The same store through another process or connection. Needed where `capabilities.shared` is true. */
  readonly second?: Broker | undefined;
  /** Names that no other session uses; the suite derives further scopes from them by appending to either. */
  readonly scope: Scope;
  /** The store's clock, in ms since the epoch, as exactly as it can be had. */
  now(): number;
  /**
   * Lets this much time pass on the store's clock. In virtual time it moves the clock, runs what fell due and returns
   * when nothing more happens in that instant, for 0 ms too; in real time it waits.
   */
  advance(ms: number): Promise<void>;
  /** Ends both brokers, closed ones too, and removes what the session stored. */
  close(): Promise<void>;
}

/** Counts of `stats` that a backend may be unable to know. */
export type UnknownCount = 'length' | 'scheduled' | 'waiting' | 'delayed' | 'leased' | 'dead' | 'oldestAgeMs';

/** What an adapter's author hands to the suite. */
export interface ConformanceHarness {
  /** Stands in the title of the suite. */
  readonly name: string;
  /** What the broker is expected to say of itself. */
  readonly capabilities: Capabilities;
  /** A short visibility timeout that suits the backend, in ms, at least ten times its `timeGranularityMs`. */
  readonly lease: number;
  /** How long an answer that is due may take, in ms; 0 in virtual time. */
  readonly patienceMs: number;
  /** How long to look out for something that must not come, in ms; 0 in virtual time. Well below `lease`. */
  readonly quietMs: number;
  /** Counts that the backend cannot know and answers as null. Default: none. */
  readonly unknownCounts?: readonly UnknownCount[] | undefined;
  /** Called once for every promise. */
  open(): Promise<ConformanceSession>;
}
