import type { Runtime } from '../../port/runtime.js';

/** Answers when all of the work has ended, or after so many ms: a server that is silent keeps nobody. */
export function within(runtime: Runtime, ms: number, work: readonly Promise<unknown>[]): Promise<void> {
  const ended = Promise.all(work);
  return new Promise((resolve) => {
    const cancel = runtime.at(runtime.now() + ms, resolve);
    void ended.then(() => {
      cancel();
      resolve();
    });
  });
}
