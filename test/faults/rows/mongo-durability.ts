import { fault, load, times } from './load.js';
import type { Row } from './row.js';

export const mongoDurability: readonly Row[] = [
  {
    id: 'D1',
    fault: 'the server is killed and started again',
    promise: 'nothing acknowledged is lost; what was under way is of unknown outcome, and what was only claimed may be delivered again',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(1, 3), () => fault(chance.whole(5, 40), chance.whole(0, 800), { kind: 'kill-server' }, { hazard: 'server-crash' }))),
  },
];
