/**
 * A marble test that did not hold. Its message is the whole report; every test framework prints that.
 *
 * @example
 * ```ts
 * import { marbles, MarblesFailed } from 'chronow/marbles';
 *
 * try {
 *   marbles(({ publish }) => { publish('t', 'a'); })();
 * } catch (error) {
 *   if (error instanceof MarblesFailed) console.log(error.problems);
 * }
 * ```
 */
export class MarblesFailed extends Error {
  override readonly name: string = 'MarblesFailed';
  /** One sentence each. */
  readonly problems: readonly string[];

  /** `written` is an error made where the test is written. */
  constructor(report: string, problems: readonly string[], cause: unknown, written: Error) {
    super(report, cause === undefined ? undefined : { cause });
    this.problems = problems;
    this.stack = [`${this.name}: ${report}`, ...(written.stack ?? '').split('\n').slice(1)].join('\n');
  }
}
