import type { Chance } from '../../simulation/random.js';
import type { DeathPoint, MemberPlan } from '../stage/plan.js';
import { befalls, consumer, fault, load, moves, policy, publisher, publishers } from './load.js';
import type { Row } from './row.js';

const child: Partial<MemberPlan> = { where: 'child' };

function deaths(point: DeathPoint): Row {
  return {
    id: `C1-${point}`,
    fault: `a consumer's process is killed: ${pointText[point]}`,
    promise: 'what it held is delivered again once, in time, and nothing is lost',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [befalls('c1', 0, 'dies'), moves('start', 'c3', chance.whole(0, 5))], {
      members: [...publishers(chance), consumer(chance, 'c1', 'direct', { ...child, dies: { point, nth: chance.whole(1, 12) } }), consumer(chance, 'c2', 'direct'), consumer(chance, 'c3', 'direct', { ...child, later: true })],
    }),
  };
}

const pointText: Readonly<Record<DeathPoint, string>> = {
  claimed: 'after a claim',
  working: 'in its work',
  settling: 'before a settlement goes out',
  settled: 'after a settlement went out, before the answer',
  publishing: 'in a publish',
};

/** One alone can do it all while another is replaced: what waits then waits for something else. */
const wide = { window: 16, concurrency: 8, workMs: 20 } as const;

/** Nothing may wait for a lease: they are long here. */
const longLeases = (chance: Chance): Pick<ReturnType<typeof load>, 'subscriptions' | 'recoveryMs'> => ({
  subscriptions: [{ topic: 'orders', name: 'a', policy: policy(chance, { visibilityTimeoutMs: 20_000 }) }, { topic: 'orders', name: 'k', policy: policy(chance, { visibilityTimeoutMs: 20_000, order: 'key' }) }],
  recoveryMs: 8_000,
});

export const consumers: readonly Row[] = [
  ...(['claimed', 'working', 'settling', 'settled'] as const).map(deaths),
  {
    id: 'C2',
    fault: "a consumer's process is frozen for two leases",
    promise: 'its late settlements are refused; nothing is settled twice',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, [befalls('c1', chance.whole(10, 40), 'freeze', chance.whole(1_200, 2_500))], { members: [...publishers(chance), consumer(chance, 'c1', 'direct', child), consumer(chance, 'c2', 'direct')] }),
  },
  {
    id: 'C3',
    fault: 'the event loop of a consumer stands still for two leases',
    promise: 'as a frozen process; what it lost is said',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(1, 20), 2_500, { kind: 'act', act: 'wait' }, { on: 'c1' })], { members: [...publishers(chance), consumer(chance, 'c1', 'direct', { ...child, blocks: { nth: chance.whole(1, 10), ms: chance.whole(1_200, 2_200) } }), consumer(chance, 'c2', 'direct')] }),
    acts: { wait: async ({ heard }) => { await heard.until(() => heard.events.some((event) => event.kind === 'stalled' && event.process === 'c1'), 4_000); } },
  },
  {
    id: 'C4',
    fault: 'SIGTERM under load',
    promise: 'it stops, gives back what has not begun, ends with 0, and nothing waits for a lease',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [moves('terminate', 'c1', chance.whole(5, 30)), moves('start', 'c3')], {
      ...longLeases(chance),
      members: [...publishers(chance), consumer(chance, 'c1', 'direct', child, wide), consumer(chance, 'c2', 'direct', {}, wide), consumer(chance, 'c3', 'direct', { ...child, later: true }, wide)],
    }),
  },
  {
    id: 'C5',
    fault: 'subscribers leave in the middle: take(n), unsubscribe, drain',
    promise: 'what they did not finish is back at once, or is finished',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, [], {
      ...longLeases(chance),
      members: [...publishers(chance), consumer(chance, 'c1', 'direct', {}, { style: 'take', every: chance.whole(1, 5) }), consumer(chance, 'c2', 'direct', {}, { style: 'cycle', every: chance.whole(60, 300) }), consumer(chance, 'c3', 'direct', {}, { style: 'drain', every: chance.whole(60, 300) })],
    }),
  },
  {
    id: 'C6',
    fault: 'bad handlers: they throw, reject, never end, settle twice and contrarily',
    promise: 'the policy is applied once',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [], { members: [...publishers(chance), consumer(chance, 'c1', 'direct', {}, { style: 'bad' }), consumer(chance, 'c2', 'direct', {}, { style: 'by-hand' })] }),
  },
  {
    id: 'C7',
    fault: 'churn: consumers come and go, one is killed again and again',
    promise: 'everything is worked off, in order, and nothing is left behind',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => {
      const after = (): number => chance.whole(2, 10);
      const later = { later: true };
      return load(chance, seed, [moves('start', 'c3', after()), moves('close', 'c1', after()), moves('start', 'c4', after()), befalls('k1', after(), 'kill'), moves('start', 'k2', after()), moves('close', 'c2', after()), befalls('k2', after(), 'kill'), moves('start', 'c5', after()), moves('close', 'c3', after())], {
        members: [...publishers(chance, 80), consumer(chance, 'c1', 'direct'), consumer(chance, 'c2', 'direct'), consumer(chance, 'c3', 'direct', later), consumer(chance, 'c4', 'direct', later), consumer(chance, 'c5', 'direct', later), consumer(chance, 'k1', 'direct', child), consumer(chance, 'k2', 'direct', { ...child, ...later })],
      });
    },
  },
  {
    id: 'C8',
    fault: 'slow work behind a big window: three leases a message',
    promise: 'what was claimed is renewed until it is settled; nothing lapses',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [], {
      subscriptions: [{ topic: 'orders', name: 'a', policy: policy(chance, { visibilityTimeoutMs: 500 }) }, { topic: 'orders', name: 'k', policy: policy(chance, { visibilityTimeoutMs: 500, order: 'key' }) }],
      members: [publisher('p1', 'direct', { from: 1, count: 40, keys: 10, everyMs: 1 }), consumer(chance, 'c1', 'direct', {}, { window: 100, concurrency: 8, workMs: 1_500 })],
    }),
  },
  {
    id: 'C9',
    fault: 'a publisher is killed in the middle of a batch, or of single publishes',
    promise: 'all of a batch or nothing of it; with idempotency keys a repeat by somebody else completes it without doubles',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => {
      const plan = { from: 1, count: 40, everyMs: 2, keys: 5 };
      return load(chance, seed, [befalls('p1', 0, 'dies'), befalls('p2', 0, 'dies'), moves('start', 'p3')], {
        members: [
          publisher('p1', 'direct', plan, { ...child, dies: { point: 'publishing', nth: chance.whole(2, 35) } }),
          publisher('p2', 'direct', { from: 1_001, count: 60, batch: 20, everyMs: 10 }, { ...child, dies: { point: 'publishing', nth: chance.whole(1, 3) } }),
          publisher('p3', 'direct', plan, { later: true }),
          consumer(chance, 'c1', 'direct'),
        ],
      });
    },
  },
  {
    id: 'R8',
    fault: 'a rolling restart: two consumers under load are replaced one after the other',
    promise: 'no delivery waits for a lease',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, [moves('start', 'c3', chance.whole(10, 25)), moves('terminate', 'c1'), moves('start', 'c4', chance.whole(5, 25)), moves('terminate', 'c2')], {
      ...longLeases(chance),
      promptMs: 8_000,
      members: [publisher('p1', 'direct', { from: 1, count: 60, on: true, everyMs: 15 }), consumer(chance, 'c1', 'direct', child, wide), consumer(chance, 'c2', 'direct', child, wide), consumer(chance, 'c3', 'direct', { ...child, later: true }, wide), consumer(chance, 'c4', 'direct', { ...child, later: true }, wide)],
    }),
  },
];
