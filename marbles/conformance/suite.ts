import type { ConformanceHarness, ConformanceRunner } from './harness.js';
import { Scene } from './scene.js';

/** What a concern is written with. */
export interface Suite {
  readonly harness: ConformanceHarness;
  /** One promise of the port, as a sentence, with what proves it. */
  readonly promise: (sentence: string, proof: (scene: Scene) => Promise<void>) => void;
}

/** One file of promises. */
export type Concern = (suite: Suite) => void;

export function suiteOf(runner: ConformanceRunner, harness: ConformanceHarness): Suite {
  return {
    harness,
    promise: (sentence, proof) =>
      runner.it(sentence, async () => {
        const session = await harness.open();
        try {
          await proof(new Scene(harness, session));
        } finally {
          await session.close();
        }
      }),
  };
}
