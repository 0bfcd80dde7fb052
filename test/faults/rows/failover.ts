import { fault, load, times } from './load.js';
import type { Row } from './row.js';

/** Until a change of master is over, everything may be of the old one. */
const tailMs = 3_000;

export const failover: readonly Row[] = [
  {
    id: 'F1-planned',
    fault: 'a planned failover by Sentinel, with a replica that has caught up',
    promise: 'at most what was not replicated is lost; everything goes on',
    servers: 'replicas',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), 0, { kind: 'change', how: 'failover', topic: 'orders' }, { hazard: 'failover' })], { tailMs }),
  },
  {
    id: 'F1-crash',
    fault: 'the master crashes, its replica takes over',
    promise: 'at most what was not replicated is lost; everything goes on',
    servers: 'replicas',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), 0, { kind: 'change', how: 'kill-master', topic: 'orders' }, { hazard: 'failover' })], { tailMs, drainMs: 60_000 }),
  },
  {
    id: 'F2',
    fault: 'the master crashes while its replica lags, and publishes wait for the replica',
    promise: 'no confirmed publish is lost; acks and counts may go back',
    servers: 'confirmed',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), 0, { kind: 'act', act: 'lag' }, { hazard: 'failover' }), fault(0, 0, { kind: 'change', how: 'old-master', topic: 'orders' }, { hazard: 'failover' })], { tailMs, drainMs: 60_000 }),
    acts: {
      lag: async ({ servers, heard }) => {
        await servers.freeze();
        const from = heard.deliveries;
        await heard.until(() => heard.deliveries > from + 10, 800);
        const changed = servers.change('kill-master', 'orders');
        await new Promise((resolve) => setTimeout(resolve, 300));
        await servers.thaw();
        await changed;
      },
    },
  },
  {
    id: 'F3',
    fault: 'after a failover the old master comes back',
    promise: 'whoever still talks to it notices and goes to the new one',
    servers: 'replicas',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(5, 30), 0, { kind: 'change', how: 'kill-master', topic: 'orders' }, { hazard: 'failover' }), fault(5, 500, { kind: 'change', how: 'old-master', topic: 'orders' }, { hazard: 'failover' })], { tailMs, drainMs: 60_000 }),
  },
  {
    id: 'F4',
    fault: 'the slot of a topic moves while it is consumed',
    promise: 'nothing is lost, and nobody stops',
    servers: 'cluster',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, times(chance.whole(1, 3), () => fault(chance.whole(5, 40), 0, { kind: 'change', how: 'move-slot', topic: 'orders' })), { drainMs: 60_000 }),
  },
  {
    id: 'F5-planned',
    fault: 'CLUSTER FAILOVER of the master that has the topic',
    promise: 'nothing is lost, and nobody stops',
    servers: 'cluster',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), 0, { kind: 'change', how: 'failover', topic: 'orders' }, { hazard: 'failover' })], { tailMs, drainMs: 60_000 }),
  },
  {
    id: 'F5-crash',
    fault: 'the master of a cluster that has the topic crashes',
    promise: 'at most what was not replicated is lost; everything goes on',
    servers: 'cluster',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), 0, { kind: 'change', how: 'kill-master', topic: 'orders' }, { hazard: 'failover' }), fault(5, 0, { kind: 'change', how: 'old-master', topic: 'orders' }, { hazard: 'failover' })], { tailMs, drainMs: 60_000 }),
  },
];
