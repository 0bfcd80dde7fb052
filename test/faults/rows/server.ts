import { fault, load, times } from './load.js';
import type { Row } from './row.js';

export const server: readonly Row[] = [
  {
    id: 'S1',
    fault: 'a foreign script keeps the server busy',
    promise: 'calls come again with waits in between, and all goes on after it',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 40), 0, { kind: 'act', act: 'busy' })]),
    acts: {
      busy: async ({ servers }) => {
        const endless = servers.command('EVAL', 'while true do end', 0).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        await servers.command('SCRIPT', 'KILL');
        await endless;
      },
    },
  },
  {
    id: 'S2',
    fault: 'CLIENT PAUSE, of writes or of all',
    promise: 'as a frozen server whose connections stay',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(1, 2), () => {
      const ms = chance.whole(600, 2_000);
      return fault(chance.whole(10, 40), ms, { kind: 'command', args: ['CLIENT', 'PAUSE', ms, chance.pick('WRITE', 'ALL')] });
    })),
  },
  {
    id: 'S3',
    fault: 'SCRIPT FLUSH every 50 ms',
    promise: 'nobody notices',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(2, 10), chance.whole(500, 1_000), { kind: 'command', args: ['SCRIPT', 'FLUSH'], everyMs: 50 })]),
  },
  {
    id: 'S4',
    fault: 'a command that holds everything up (DEBUG SLEEP)',
    promise: 'as a frozen server',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, times(2, () => fault(chance.whole(10, 40), 0, { kind: 'command', args: ['DEBUG', 'SLEEP', chance.pick(0.3, 1.5)] }))),
  },
];
