import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeRedis } from '../../../support/redis/shared.js';
import { startReplicaSet, type ReplicaSet } from '../../../support/redis/replica-set.js';
import { until } from '../../../support/servers/until.js';
import { calls, freshRef } from '../keys/support.js';
import { openWatchRoom, watching } from './support.js';

const patience = 60_000;

describeRedis('watchers and a failover by Sentinel', () => {
  let servers: ReplicaSet;
  beforeAll(async () => { servers = await startReplicaSet(); }, patience);
  afterAll(() => servers.stop());

  it('that loses a write: everybody ends at what the new master has, and nobody goes back', { timeout: patience }, async () => {
    const at = { topology: 'sentinel', masterName: servers.name, hosts: servers.sentinels.map(({ host, port }) => ({ host, port })), retryMs: 100 } as const;
    const rooms = [await openWatchRoom({ reconcileMs: 600_000 }, at), await openWatchRoom({ reconcileMs: 600_000 }, at)];
    const [room] = rooms;
    if (room === undefined) throw new Error('no room');
    const ref = freshRef();
    const { set, get } = calls(room.keys, ref);
    await set('replicated');
    await servers.caughtUp();
    const seen = await Promise.all(rooms.flatMap(({ watches }) => [watching(watches.watchKey(ref)), watching(watches.watchPrefix(ref, ''))]));
    // From here on the replica hears nothing of its master.
    const [master, replica] = [await servers.master(), await servers.replica()];
    await replica.call('REPLICAOF', '127.0.0.1', 1);
    await set('lost');
    for (const one of seen) await one.shows('lost');
    await master.kill9();
    for (const one of seen) await one.shows('replicated', 40_000);
    await until('it is one revision for all', async () => {
      const { revision } = await get();
      return seen.every(({ last }) => last?.state.revision === revision);
    });
    for (const one of seen) {
      await one.live();
      one.expectForward();
      expect(one.isOver).toBe(false);
    }
    await set('after');
    for (const one of seen) await one.shows('after');
  });
});
