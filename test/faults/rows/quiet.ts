import { load } from './load.js';
import type { Row } from './row.js';

/** The control: nothing here may be excused by a fault. */
export const quiet: readonly Row[] = [
  { id: 'Q', fault: 'none', promise: 'everything holds', servers: 'single', seeds: 1, plan: (chance, seed) => load(chance, seed, []) },
];
