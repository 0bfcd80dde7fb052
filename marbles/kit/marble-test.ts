import type { Observable } from 'rxjs';
import type { RunHelpers } from 'rxjs/testing';
import type { Chronow, CloseOptions } from '../../src/chronow.js';
import type { Topic } from '../../src/topic/topic.js';
import type { DeadLetterPattern } from './expect/dead-letters.js';
import type { EventPattern } from './expect/events.js';
import type { OutcomePattern } from './expect/outcomes.js';
import type { Allowance } from './guards/allowances.js';
import type { MarbleMessage } from './inputs.js';
import type { LosableCall } from './line.js';
import type { WorkMaker } from './script.js';

/** Rows by the name of the message. */
export type Rows = Readonly<Record<string, string>>;

/** What the letters of a marble string stand for. */
export type Values<V = unknown> = Readonly<Record<string, V>>;

/** A flow that runs in a test. */
export interface Run {
  /**
   * The outcomes that it emits: `a` acked, `r` retried, `d` dead-lettered, `l` lost, `f` failed, `|` complete, `#` error. Letters
   * of your own say more: `{ x: { kind: 'retried', message: 'a', delayMs: 10 } }`.
   */
  readonly expectOutcomes: (marbles: string, values?: Values<OutcomePattern>) => void;
  /** The values that it emits: each letter is a value of `values`, or itself. `error` is what `#` stands for: the error, its code or its message. */
  readonly expectResults: (marbles: string, values?: Values, error?: unknown) => void;
}

/**
 * A process: a client with its own line and clock, and the flows that run in it. A test has one from the start; faults strike one
 * process and not the others.
 */
export interface TestProcess {
  /** A client, ready to use. Its promises never settle in virtual time: use the cold twins (`publish$`, `set$`). */
  readonly cw: Chronow;
  /** Subscribes to a flow: at once and for ever, or from `^` to `!`, which unsubscribes. */
  readonly run: (flow$: Observable<unknown>, marbles?: string) => Run;
  /** Closes the client at `!`: it stops reading, lets work settle, and gives back the rest at the deadline. */
  readonly close: (marbles: string, options?: CloseOptions) => void;
  /** The line to the broker is down from `^` to `!`: calls fail with `LINK_LOST`. */
  readonly disconnect: (marbles: string) => void;
  /** At or after each `!` one call of this kind is carried out, and its reply does not arrive. */
  readonly loseReply: (call: LosableCall, marbles: string) => void;
  /** The process ends at `!`: its flows fall silent, and nothing of it reaches the broker any more. */
  readonly crash: (marbles: string) => void;
  /** At `!` the clock of the process jumps, forward or back. */
  readonly jumpClock: (marbles: string, ms: number) => void;
}

/** What a marble test is made of; every part can be taken out of it by name. */
export interface MarbleTest extends TestProcess {
  // Functions, not methods: they may be taken out of the object.

  // -- in ------------------------------------------------------------------------------------------------------------

  /**
   * Publishes a message at each letter. The letter is its name, and its payload unless `values` has another: a payload, or
   * `{ payload, key, headers, … }`. Name the topic, or give the `Topic` itself where it has a schema or a codec.
   *
   * @example
   * ```ts
   * import { marbles } from 'chronow/marbles';
   *
   * marbles(({ publish, expectPublished }) => {
   *   publish('orders', 'a--b', { a: { id: 1 }, b: { payload: { id: 2 }, key: 'customer-7' } });
   *   expectPublished('orders', 'a--b', { a: { id: 1 }, b: { id: 2 } });
   * });
   * ```
   */
  readonly publish: <T>(topic: string | Topic<T>, marbles: string, values?: Values<MarbleMessage<T>>) => void;
  /** Sets a shared key at each letter, to the letter or its value; `undefined` deletes it. */
  readonly set: (key: string, marbles: string, values?: Values) => void;
  /**
   * Work with a duration: `--|` takes two frames, `--#` fails, `-` never ends. A list has a script for each attempt, the last one
   * for all later ones; a record has one for each message: `work({ a: '--|', b: ['--#', '-|'] })`. Beside it the values of its letters, and the error of `#`.
   */
  readonly work: WorkMaker;
  /** Fires at its `!`: for `drainOn()`, `takeUntil()` and their like. */
  readonly drain: (marbles: string) => Observable<'!'>;
  /** Takes leases away: at each letter the lease of that message ends, as if its holder had been silent for too long. */
  readonly steal: (subscription: string, marbles: string) => void;
  /** Another process. */
  readonly process: () => TestProcess;
  /** Observables as in every RxJS marble test. */
  readonly cold: RunHelpers['cold'];
  readonly hot: RunHelpers['hot'];

  // -- out -----------------------------------------------------------------------------------------------------------

  /**
   * What became of every message of a subscription, a row a message, confirmed by the broker: see {@link Fate} for the letters.
   * A message without a row must not have been settled.
   *
   * @example
   * ```ts
   * import { marbles } from 'chronow/marbles';
   *
   * marbles(({ cw, publish, work, run, expectSettled }) => {
   *   publish('orders', 'ab');
   *   run(cw.topic('orders').subscription('billing', { retryBackoffMs: [10] }).pipe(ackOnComplete(work({ a: '-----|', b: ['-#', '|'] }))));
   *   expectSettled('orders/billing', { a: '-----a', b: '--r 9ms a' });
   * });
   * ```
   */
  readonly expectSettled: (subscription: string, rows: Rows) => void;
  /** When every message was handed out; the letter is the delivery count (`A` is the tenth). */
  readonly expectDeliveries: (subscription: string, rows: Rows) => void;
  /** The dead letters of a subscription at the end, exactly these, with their reason, or more: `{ a: { reason: 'Spent', deliveryCount: 3 } }`. */
  readonly expectDeadLetters: (subscription: string, deadLetters: Values<string | DeadLetterPattern>) => void;
  /** The messages that a topic got, from whomever; its letters are their names from then on. */
  readonly expectPublished: (topic: string, marbles: string, values?: Values) => void;
  /** {@link Run.expectOutcomes} of the only flow. */
  readonly expectOutcomes: (marbles: string, values?: Values<OutcomePattern>) => void;
  /** {@link Run.expectResults} of the only flow. */
  readonly expectResults: (marbles: string, values?: Values, error?: unknown) => void;
  /** The values of a shared key as a watcher is shown them; `undefined` is an absent one. */
  readonly expectShared: (key: string, marbles: string, values?: Values) => void;
  /** What `cw.events$` showed of the types that are named, and of no other: `expectEvents('--k', { k: 'delivery-leaked' })`. */
  readonly expectEvents: (marbles: string, values: Values<EventPattern>) => void;
  /** How many messages were asked for, and when: `expectDemand('t/s', '3--1')`. */
  readonly expectDemand: (subscription: string, marbles: string, values?: Values<number>) => void;
  /** The most messages that were unsettled at once. */
  readonly expectMostInFlight: (subscription: string, most: number) => void;
  /** What may be left, or may have happened, without being expected. */
  readonly allow: (...what: readonly Allowance[]) => void;
}
