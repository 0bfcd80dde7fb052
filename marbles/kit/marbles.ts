import { isDeepStrictEqual } from 'node:util';
import { TestScheduler } from 'rxjs/testing';
import type { ChronowConfig } from '../../src/config/config.js';
import { resolveConfig } from '../../src/config/resolve.js';
import { ChronowError } from '../../src/errors.js';
import { checkOptions, type OptionRules } from '../../src/options/check-options.js';
import { anything, wholeNumber } from '../../src/options/rules.js';
import { schedulerRuntime } from '../scheduler-runtime.js';
import { MarblesFailed } from './failure.js';
import { MarbleRun } from './marble-run.js';
import type { MarbleTest } from './marble-test.js';
import type { Equals } from './values.js';

/** Options of {@link marbles}. */
export interface MarbleOptions {
  /** As for `Chronow.init()`, embedded: `{ defaults: { visibilityTimeoutMs: 100 } }`. */
  readonly config?: ChronowConfig | undefined;
  /** Seed of the jitter, a whole number. Default: 1. */
  readonly seed?: number | undefined;
  /** Where virtual time ends, frames, 1 or more. Default: ten leases after the last frame that the test speaks of. */
  readonly horizonMs?: number | undefined;
  /** How many timers may run in all, 1 or more. Default: 1 000 000. */
  readonly maxSteps?: number | undefined;
  /** Whether a received value is the expected one. Default: `isDeepStrictEqual` of node:util. */
  readonly equals?: Equals | undefined;
}

const rules: OptionRules = {
  config: anything,
  seed: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  horizonMs: wholeNumber(1, Number.MAX_SAFE_INTEGER, 'milliseconds'),
  maxSteps: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  equals: anything,
};

/** The body of a marble test. It says what comes in and what is expected, and returns; then virtual time runs. */
export type MarbleBody<A extends readonly unknown[] = []> = (test: MarbleTest, ...args: A) => void;

/**
 * A test in virtual time: the real client over the embedded broker, a frame is a millisecond, and 14 days of retries take
 * milliseconds. Works with every test framework: the answer is a function without parameters that throws when the test fails.
 *
 * It fails on what was expected and did not happen, and on what happened and was not expected: messages left over, unsettled
 * deliveries, settlements and stream errors that nothing speaks of, real promises, work without end, a test that expects nothing.
 *
 * @throws (the function it answers) {@link MarblesFailed} with the timelines; ChronowError `OPTION_INVALID` for a marble string
 * with an unknown letter and its like, at the line that has it.
 *
 * @example
 * ```ts
 * import { marbles } from 'chronow/marbles';
 * import { test } from 'vitest';
 *
 * test('acks when the work completes', marbles(({ cw, publish, work, run, expectSettled }) => {
 *   publish('t', 'a--b');
 *   run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('-----|'))));
 *   expectSettled('t/s', { a: '-----a', b: '--------a' });
 * }));
 * ```
 */
export function marbles<A extends readonly unknown[] = []>(body: MarbleBody<A>, options: MarbleOptions = {}): (...args: A) => void {
  if (typeof body !== 'function') throw new ChronowError('OPTION_INVALID', `marbles(body) needs a function; got ${typeof body}`);
  checkOptions('marbles', options, rules);
  // The stack of a failure shows the line of the test, not ours.
  const written = new Error('written here');
  Error.captureStackTrace(written, marbles);
  return (...args) => {
    const { seed, horizonMs, maxSteps = 1_000_000, equals = isDeepStrictEqual, config = {} } = options;
    const scheduler = new TestScheduler(() => { throw new ChronowError('UNSUPPORTED', 'use the expectations of marbles()'); });
    const outcome = scheduler.run(({ cold, hot }) => {
      const runtime = schedulerRuntime(scheduler, { seed });
      const { clientDefaults } = resolveConfig(config);
      const run = new MarbleRun({ scheduler, runtime, config, scope: clientDefaults.scope, limits: clientDefaults.limits, maxSteps, equals, horizonMs, cold, hot });
      return run.through((test) => body(test, ...args));
    });
    if (outcome.problems.length > 0) throw new MarblesFailed(outcome.report, outcome.problems, outcome.cause, written);
  };
}
