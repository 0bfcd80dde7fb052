import { consumer, fault, load, publishers, sharer, times } from './load.js';
import { admin, fails, reads, writes } from './mongo-admin.js';
import { overload } from './mongo-acts.js';
import type { Row } from './row.js';

const hour = 3_600_000;

export const mongoServer: readonly Row[] = [
  {
    id: 'S4',
    fault: 'commands stand still on the server for half a lease or three',
    promise: 'as a frozen server',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(2, 4), () => fault(chance.whole(5, 30), 300, fails(chance.pick(writes, reads, ['update'], ['delete'], ['insert']), { blockConnection: true, blockTimeMS: chance.pick(300, 800, 1_500) }, chance.whole(1, 6))))),
  },
  {
    id: 'S4-lock',
    fault: 'nobody may write for up to two leases (fsyncLock)',
    promise: 'as a frozen server whose connections stay',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(1, 2), () => fault(chance.whole(10, 40), chance.whole(300, 2_000), admin({ fsync: 1, lock: true }, { fsyncUnlock: 1 })))),
  },
  {
    id: 'S5',
    fault: 'the clocks of clients are minutes and hours off',
    promise: 'nobody notices: leases, delays and schedules go by the clock of the server',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => {
      const off = (): { readonly aheadMs: number } => ({ aheadMs: chance.pick(-hour, -90_000, -400, 400, 90_000, hour) });
      const [p1, p2] = publishers(chance);
      const members = [...(p1 === undefined || p2 === undefined ? [] : [{ ...p1, ...off() }, { ...p2, ...off() }]), consumer(chance, 'c1', 'proxy', off()), consumer(chance, 'c2', 'direct', off()), { ...sharer('w1', 'proxy', 20), ...off() }, sharer('w2', 'direct', 5)];
      return load(chance, seed, [fault(20, 0, { kind: 'reset-line' })], { members });
    },
  },
  {
    id: 'F11',
    fault: 'the server says that it has too much to do (462, SystemOverloadedError)',
    promise: 'calls come again with growing waits in between; all goes on after it',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 40), 0, { kind: 'act', act: 'overload' })]),
    acts: { overload },
  },
];
