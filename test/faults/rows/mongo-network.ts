import type { Chance } from '../../simulation/random.js';
import type { FaultPlan } from '../stage/plan.js';
import { consumer, fault, load, publishers, times } from './load.js';
import { fails, reads, writes } from './mongo-admin.js';
import { network } from './network.js';
import type { Row } from './row.js';

/** Once, which the driver itself may hide by sending it again; or several times in a row, which it does not. */
function lostReply(chance: Chance, command: string, filled = false): FaultPlan {
  return fault(chance.whole(2, 20), chance.pick(0, 0, 200), { kind: 'line', fault: { kind: 'drop-reply', command, nth: chance.whole(1, 4), times: chance.pick(1, 1, 2, 3), filled } });
}

const alike = ['N4', 'N5', 'N6', 'N6-line', 'N8', 'N9'];

export const mongoNetwork: readonly Row[] = [
  {
    id: 'N1',
    fault: 'the reply to a part of a publish is lost: to its numbers, its messages or its pointers',
    promise: 'that part is sent again under the same ids: one copy',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(3, 6), () => lostReply(chance, chance.pick('place', 'publish', 'insert cw_deliv'))), {
      members: [...publishers(chance).map((member) => (member.publishes === undefined ? member : { ...member, line: 'proxy' as const, publishes: { ...member.publishes, repeats: chance.happens(0.5) } })), consumer(chance, 'c1', 'direct'), consumer(chance, 'c2', 'direct')],
    }),
  },
  {
    id: 'N2',
    fault: 'the reply to a claim is lost',
    promise: 'what it took is found by its token, or given back',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(2, 4), () => lostReply(chance, chance.pick('claim', 'claim', 'hold'), true))),
  },
  {
    id: 'N3',
    fault: 'the reply to a settlement or a renewal is lost',
    promise: 'the repeat is answered as the first was',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(3, 6), () => lostReply(chance, chance.pick('ack', 'ack', 'ack', 'settle', 'settle', 'bury', 'renew', 'hold')))),
  },
  {
    id: 'N7',
    fault: 'sockets are closed, by the server in the middle of commands or by a reset',
    promise: 'they come back; watchers read again',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(2, 5), () => fault(chance.whole(5, 25), 100, chance.happens(0.3) ? { kind: 'reset-line' } : fails(chance.pick(writes, reads), { closeConnection: true }, chance.whole(1, 8))))),
  },
  ...network.filter(({ id }) => alike.includes(id)).map((row) => ({ ...row, seeds: 1 })),
];
