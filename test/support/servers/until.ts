import { setTimeout as pause } from 'node:timers/promises';

/** Asks again until it is so: for servers that tell nobody when they are there. An answer that fails counts as no. */
export async function until(what: string, isSo: () => Promise<boolean>, limitMs = 40_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  let failure: unknown;
  while (performance.now() < deadline) {
    try {
      failure = undefined;
      if (await isSo()) return;
    } catch (error) {
      failure = error;
    }
    await pause(20);
  }
  throw new Error(`waited ${limitMs} ms in vain until ${what}`, { cause: failure });
}
