import { fault, load, times } from './load.js';
import { fails, reads, writes, admin } from './mongo-admin.js';
import { expiry, frozen } from './mongo-acts.js';
import type { Row } from './row.js';

const hazard = 'failover';
const drainMs = 60_000;

export const mongoFailover: readonly Row[] = [
  {
    id: 'F6-planned',
    fault: 'the primary of three steps down',
    promise: 'nothing acknowledged is lost; claims and settlements are tried again by their tokens, and all goes on',
    servers: 'replicas',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(1, 2), () => fault(chance.whole(10, 60), 300, { kind: 'change', how: 'failover', topic: 'orders' }, { hazard })), { drainMs }),
  },
  {
    id: 'F6-crash',
    fault: 'the primary of three is killed, and comes back later',
    promise: 'nothing acknowledged is lost; what was only claimed may be delivered again',
    servers: 'replicas',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), 0, { kind: 'change', how: 'kill-master', topic: 'orders' }, { hazard }), fault(chance.whole(10, 40), 0, { kind: 'change', how: 'old-master', topic: 'orders' }, { hazard })], { drainMs }),
  },
  {
    id: 'F6-frozen',
    fault: 'the primary of three freezes, and goes on after others have chosen another one',
    promise: 'deliveries go on 3 s after the election at the latest; what the old one still has to say changes nothing',
    servers: 'replicas',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), 0, { kind: 'act', act: 'frozen' }, { hazard }), fault(chance.whole(5, 40), 0, { kind: 'change', how: 'old-master', topic: 'orders' }, { hazard })], { drainMs }),
    acts: { frozen },
  },
  {
    id: 'F6-codes',
    fault: 'commands are refused as by a server that is no primary any more, or is shutting down (10107, 91, 11602, 189)',
    promise: 'they are tried again; a claim sees its own win',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(3, 6), () => fault(chance.whole(3, 20), 200, fails(chance.pick(writes, reads), { errorCode: chance.pick(10_107, 91, 11_602, 189) }, chance.whole(1, 5))))),
  },
  {
    id: 'F7',
    fault: 'a write is done, and its connection closes before the answer, once or several times',
    promise: 'once the driver hides it; more often it is found out by ids and tokens',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(3, 6), () => fault(chance.whole(3, 20), 200, admin({ configureFailPoint: 'onPrimaryTransactionalWrite', mode: { times: chance.whole(1, 4) }, data: { closeConnection: true } }, { configureFailPoint: 'onPrimaryTransactionalWrite', mode: 'off' })))),
  },
  {
    id: 'F8',
    fault: 'a write is done, and the majority is said not to have it (64, 91)',
    promise: 'it is done again, to the same effect',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(3, 6), () => fault(chance.whole(3, 20), 200, fails(chance.pick(writes, ['insert'], ['delete'], ['update'], ['findAndModify']), { writeConcernError: { code: chance.pick(64, 91), errmsg: 'planned' } }, chance.whole(1, 5))))),
  },
  {
    id: 'F9',
    fault: 'the primary goes on without its followers, and they without it; then what only it has is rolled back',
    promise: 'nothing acknowledged is lost; what was only claimed may be delivered again',
    servers: 'replicas',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), 0, { kind: 'change', how: 'part', topic: 'orders' }, { hazard }), fault(chance.whole(5, 20), 500, { kind: 'change', how: 'old-master', topic: 'orders' }, { hazard })], { drainMs }),
  },
  {
    id: 'F10',
    fault: 'the change stream ends: its history is lost, its cursor is gone, an event is too big, or nobody knows why (136, 286, 43, 237, 280, 10334, 50811)',
    promise: 'consumers go on; watchers read again and end at the stored value',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(2, 4), () => fault(chance.whole(5, 25), 300, fails(chance.pick(['getMore'], ['getMore', 'aggregate']), { errorCode: chance.pick(136, 286, 43, 237, 280, 10_334, 50_811) }, chance.whole(1, 4))))),
  },
  {
    id: 'F12',
    fault: 'the server removes nothing that has expired',
    promise: 'what is over is not delivered and not there, all the same',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(5, 0, { kind: 'act', act: 'expiry' }, { on: 'nobody' })]),
    acts: { expiry },
  },
];
