import { fault, load, times } from './load.js';
import type { Row } from './row.js';

export const durability: readonly Row[] = [
  {
    id: 'D1',
    fault: 'the server is killed and started again, with appendfsync always',
    promise: 'nothing acknowledged is lost; what was under way is of unknown outcome',
    servers: 'always',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(1, 3), () => fault(chance.whole(5, 40), chance.whole(0, 800), { kind: 'kill-server' }, { hazard: 'server-crash' }))),
  },
  {
    id: 'D2',
    fault: 'a power cut, with appendfsync everysec: all that was not synced is gone',
    promise: 'at most the last two seconds are lost; consumers and watchers go on, although the store went back',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(120, 200), 0, { kind: 'change', how: 'power-cut', topic: 'orders' }, { hazard: 'power-cut' })], { tailMs: 2_000 }),
  },
];
