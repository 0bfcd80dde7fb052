import { Chance, seedOf } from '../../simulation/random.js';
import type { FaultBackend } from '../backend/backend.js';
import type { Plan } from '../stage/plan.js';
import { consumers } from './consumers.js';
import { durability } from './durability.js';
import { failover } from './failover.js';
import { mongoDurability } from './mongo-durability.js';
import { mongoFailover } from './mongo-failover.js';
import { mongoNetwork } from './mongo-network.js';
import { mongoServer } from './mongo-server.js';
import { mongoStore } from './mongo-store.js';
import { network } from './network.js';
import { quiet } from './quiet.js';
import type { Row } from './row.js';
import { server } from './server.js';
import { store } from './store.js';

const redisRows: readonly Row[] = [...quiet, ...durability, ...store, ...network, ...server, ...consumers, ...failover];
const mongoRows: readonly Row[] = [...quiet, ...mongoDurability, ...mongoStore, ...mongoNetwork, ...mongoServer, ...consumers, ...mongoFailover];

/** What can happen to a backend. */
export function rowsOver(backend: FaultBackend['name']): readonly Row[] {
  return backend === 'mongo' ? mongoRows : redisRows;
}

export function rowOf(id: string, backend: FaultBackend['name']): Row {
  const rows = rowsOver(backend);
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw new Error(`there is no row ${id} over ${backend}; there are ${rows.map((one) => one.id).join(' ')}`);
  return row;
}

export function planOf(row: Row, seed: number): Plan {
  return row.plan(new Chance(seedOf(seed, row.id)), seed);
}
