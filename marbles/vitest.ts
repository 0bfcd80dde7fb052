import { expect, test } from 'vitest';
import { marbles as neutral, MarblesFailed, type MarbleBody, type MarbleOptions, type MarbleTest } from './index.js';

declare module 'vitest' {
  // The type parameter has to be named as vitest names it.
  interface Matchers<T> {
    /** The body is a marble test that holds. Its expected values may hold asymmetric matchers (`expect.any(Number)`). */
    toPassMarbles: T extends (test: MarbleTest) => void ? (options?: MarbleOptions) => void : never;
  }
}

expect.extend({
  toPassMarbles(body: MarbleBody, options: MarbleOptions = {}) {
    const equals = (received: unknown, expected: unknown): boolean => this.equals(received, expected, [], true);
    try {
      neutral(body, { equals, ...options })();
    } catch (error) {
      if (!(error instanceof MarblesFailed)) throw error;
      return { pass: false, message: () => error.message };
    }
    return { pass: true, message: () => 'the marble test holds, and was not to' };
  },
});

/**
 * As `marbles()` of `chronow/marbles`, for vitest: values are compared as `toStrictEqual` does, asymmetric matchers included, and
 * the test counts as an assertion (`expect.hasAssertions()`).
 *
 * @throws (the function it answers) an assertion error with the timelines; ChronowError `OPTION_INVALID` as `marbles()`.
 *
 * @example
 * ```ts
 * import { marbles } from 'chronow/marbles/vitest';
 * import { test } from 'vitest';
 *
 * test.each([['--|', '--a'], ['----|', '----a']])('acks after %s', marbles(({ cw, publish, work, run, expectSettled }, script: string, row: string) => {
 *   publish('t', 'a');
 *   run(cw.topic('t').subscription('s').pipe(ackOnComplete(work(script))));
 *   expectSettled('t/s', { a: row });
 * }));
 * ```
 */
export function marbles<A extends readonly unknown[] = []>(body: MarbleBody<A>, options: MarbleOptions = {}): (...args: A) => void {
  return (...args) => {
    const once = (scene: MarbleTest): void => body(scene, ...args);
    expect(once).toPassMarbles(options);
  };
}

/**
 * A vitest test in virtual time.
 *
 * @example
 * ```ts
 * import { marbleTest } from 'chronow/marbles/vitest';
 *
 * marbleTest('acks when the work completes', ({ cw, publish, work, run, expectSettled }) => {
 *   publish('t', 'a--b');
 *   run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('-----|'))));
 *   expectSettled('t/s', { a: '-----a', b: '--------a' });
 * });
 * ```
 */
export function marbleTest(name: string, body: MarbleBody, options: MarbleOptions = {}): void {
  test(name, marbles(body, options));
}
