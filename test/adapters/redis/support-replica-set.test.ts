import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { ReplicaSet } from '../../support/redis/replica-set.js';
import { startReplicaSet } from '../../support/redis/replica-set.js';
import { describeRedis } from '../../support/redis/shared.js';

describeRedis('a master with a replica and sentinels', () => {
  let set: ReplicaSet;
  beforeEach(async () => {
    set = await startReplicaSet();
  });
  afterEach(() => set.stop());

  it('changes places in order, and a client is led to the new master', async () => {
    const client = new Redis({ sentinels: set.sentinels.map(({ host, port }) => ({ host, port })), name: set.name });
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    await client.set('a', '1');
    const old = await set.master();
    await set.failover();
    expect(await set.master()).not.toBe(old);
    expect(await set.replica()).toBe(old);
    expect(await (await set.master()).call('GET', 'a')).toBe('1');
  });

  it('goes on with the replica when the master crashes', async () => {
    const old = await set.master();
    await old.call('SET', 'a', '1');
    await set.caughtUp();
    await set.killMaster();
    const now = await set.master();
    expect(now).not.toBe(old);
    expect(await now.call('GET', 'a')).toBe('1');
    expect(await now.call('SET', 'a', '2')).toBe('OK');
  });
});
