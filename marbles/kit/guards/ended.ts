import type { Broker } from '../../../src/port/broker.js';
import type { DeadLettersExpectation } from '../expect/dead-letters.js';
import type { EventsExpectation } from '../expect/events.js';
import type { SettledExpectation } from '../expect/settled.js';
import type { Journal } from '../journal.js';
import type { RunRecord } from '../runs.js';
import type { Stage } from '../stage.js';
import type { Allowance } from './allowances.js';

/** A test whose virtual time is over, as the guards see it. */
export interface Ended {
  readonly journal: Journal;
  readonly broker: Broker;
  readonly stage: Stage;
  readonly horizon: number;
  readonly runs: readonly RunRecord[];
  readonly allowed: ReadonlySet<Allowance>;
  readonly settled: readonly SettledExpectation[];
  readonly dead: readonly DeadLettersExpectation[];
  readonly events: readonly EventsExpectation[];
  /** Topics whose messages are expected as such. */
  readonly published: ReadonlySet<string>;
  /** Where promises were met: the frame and the place. */
  readonly promises: ReadonlyMap<string, number>;
  /** Faults that did not strike. */
  readonly pending: ReadonlySet<string>;
  /** How many expectations there are. */
  readonly expectations: number;
  /** Messages or values were to come in from the test. */
  readonly anyInput: boolean;
  /** What was thrown and caught by nobody. */
  readonly thrown: unknown;
}
