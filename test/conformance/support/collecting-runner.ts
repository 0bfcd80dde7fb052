import { conformance } from '../../../marbles/conformance/index.js';
import type { ConformanceHarness } from '../../../marbles/conformance/index.js';

/** What became of one sentence. */
export interface Outcome {
  readonly sentence: string;
  /** undefined: it was kept. */
  readonly failure: unknown;
}

/** Runs the suite without a test runner, one sentence after the other, and collects what became of each. */
export async function outcomes(harness: ConformanceHarness): Promise<readonly Outcome[]> {
  const tests: { readonly sentence: string; readonly body: () => Promise<void> }[] = [];
  conformance({ describe: (_name, body) => body(), it: (sentence, body) => tests.push({ sentence, body }) }, harness);
  const collected: Outcome[] = [];
  for (const { sentence, body } of tests) {
    collected.push(
      await body().then(
        () => ({ sentence, failure: undefined }),
        (failure: unknown) => ({ sentence, failure }),
      ),
    );
  }
  return collected;
}
