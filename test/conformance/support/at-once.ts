import { describe, it } from 'vitest';
import type { ConformanceRunner } from '../../../marbles/conformance/index.js';

/** Each promise has a namespace of its own, so they run side by side: most of their time is waiting. */
export const atOnce: ConformanceRunner = { describe: (name, body) => { describe.concurrent(name, body); }, it: it.concurrent };
