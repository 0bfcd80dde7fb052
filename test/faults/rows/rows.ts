import { Chance, seedOf } from '../../simulation/random.js';
import type { Plan } from '../stage/plan.js';
import { consumers } from './consumers.js';
import { durability } from './durability.js';
import { failover } from './failover.js';
import { network } from './network.js';
import { quiet } from './quiet.js';
import type { Row } from './row.js';
import { server } from './server.js';
import { store } from './store.js';

export const rows: readonly Row[] = [...quiet, ...durability, ...store, ...network, ...server, ...consumers, ...failover];

export function rowOf(id: string): Row {
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw new Error(`there is no row ${id}; there are ${rows.map((one) => one.id).join(' ')}`);
  return row;
}

export function planOf(row: Row, seed: number): Plan {
  return row.plan(new Chance(seedOf(seed, row.id)), seed);
}
