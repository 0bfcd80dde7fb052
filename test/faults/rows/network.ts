import type { Chance } from '../../simulation/random.js';
import type { FaultPlan } from '../stage/plan.js';
import { consumer, fault, load, publishers, times } from './load.js';
import type { Row } from './row.js';

function lostReply(chance: Chance, command: string, filled = false): FaultPlan {
  return fault(chance.whole(2, 20), chance.pick(0, 0, 200), { kind: 'line', fault: { kind: 'drop-reply', command, nth: chance.whole(1, 4), filled } });
}

export const network: readonly Row[] = [
  {
    id: 'N1',
    fault: 'the reply to a publish is lost',
    promise: 'it is sent again under its token: one copy',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(2, 5), () => lostReply(chance, 'publish')), {
      // Without idempotency keys: only the token of the call can tell the repeat.
      members: [...publishers(chance).map((member) => (member.publishes === undefined ? member : { ...member, line: 'proxy' as const, publishes: { ...member.publishes, repeats: false } })), consumer(chance, 'c1', 'direct'), consumer(chance, 'c2', 'direct')],
    }),
  },
  {
    id: 'N2',
    fault: 'the reply to a claim is lost',
    promise: 'what it carried is found and given back, at the latest when the lease ends',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(2, 4), () => lostReply(chance, 'xreadgroup', true))),
  },
  {
    id: 'N3',
    fault: 'the reply to a settlement or a renewal is lost',
    promise: 'the repeat is answered as the first was',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(3, 6), () => lostReply(chance, chance.pick('settle', 'ack', 'ack', 'renew', 'order-turn', 'order-turn', 'order-renew')))),
  },
  {
    id: 'N4',
    fault: 'the connection is cut in the middle of requests or replies',
    promise: 'each item is stored, not stored or of unknown outcome; none is hidden',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(2, 5), () => fault(chance.whole(3, 20), 0, { kind: 'line', fault: { kind: 'cut-after', bytes: chance.whole(1, 3_000), of: chance.pick('replies', 'requests') } }))),
  },
  {
    id: 'N5',
    fault: 'half open: the line takes everything and answers nothing',
    promise: 'it is found by an own deadline and replaced; everything goes on',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 40), chance.whole(200, 2_500), { kind: 'line', fault: { kind: 'swallow', everywhere: chance.happens(0.7) } })]),
  },
  {
    id: 'N6',
    fault: 'the server is frozen for 0.5, 2 or 10 leases',
    promise: 'calls and handshakes are bounded; what is applied late counts once; no lease is taken because of it',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(1, 2), () => fault(chance.whole(10, 40), chance.pick(300, 1_200, 5_000), { kind: 'freeze-server' }))),
  },
  {
    id: 'N6-line',
    fault: 'the line of some holds everything back for two leases, and then delivers it all',
    promise: 'what comes late from those who lost their leases is refused',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(1, 3), () => fault(chance.whole(10, 40), chance.whole(800, 2_500), { kind: 'pause-line' }))),
  },
  {
    id: 'N7',
    fault: 'sockets are killed, by CLIENT KILL or a reset',
    promise: 'they come back; watchers read again',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(2, 5), () => fault(chance.whole(5, 25), 0, chance.happens(0.3) ? { kind: 'reset-line' } : { kind: 'command', args: ['CLIENT', 'KILL', 'TYPE', chance.pick('normal', 'normal', 'pubsub')] }))),
  },
  {
    id: 'N8',
    fault: 'a slow line that delivers in small pieces',
    promise: 'it is slower, nothing else',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(5, 20), chance.whole(500, 1_500), { kind: 'line', fault: chance.happens(0.5) ? { kind: 'slice', bytes: chance.whole(1, 40) } : { kind: 'delay', ms: chance.whole(5, 60), jitterMs: chance.whole(0, 60) } })]),
  },
  {
    id: 'N9',
    fault: 'an outage longer than every timeout: blocking reads, deadlines, leases',
    promise: 'every consumer, publisher and watcher goes on unaided',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), 8_000, { kind: 'kill-server' }, { hazard: 'server-crash' })], { drainMs: 40_000 }),
  },
];
