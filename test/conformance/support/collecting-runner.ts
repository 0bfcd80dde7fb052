import { conformance } from '../../../marbles/conformance/index.js';
import type { ConformanceHarness } from '../../../marbles/conformance/index.js';

/** What became of one sentence. */
export interface Outcome {
  readonly sentence: string;
  /** undefined: it was kept. */
  readonly failure: unknown;
}

/** Runs the suite without a test runner, so many sentences at a time, and collects what became of each. */
export async function outcomes(harness: ConformanceHarness, atOnce = 1): Promise<readonly Outcome[]> {
  const tests: { readonly sentence: string; readonly body: () => Promise<void> }[] = [];
  conformance({ describe: (_name, body) => body(), it: (sentence, body) => tests.push({ sentence, body }) }, harness);
  const collected: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let test = tests.shift(); test !== undefined; test = tests.shift()) {
      const { sentence, body } = test;
      collected.push(
        await body().then(
          () => ({ sentence, failure: undefined }),
          (failure: unknown) => ({ sentence, failure }),
        ),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return collected;
}
