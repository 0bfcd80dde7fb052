import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../../../src/adapters/redis/connection/options.js';
import { hashSlot } from '../../../../src/keys/hash-slot.js';
import { startCluster, type RedisCluster } from '../../../support/redis/cluster.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { until } from '../../../support/servers/until.js';
import { calls, freshRef, namesOf } from '../keys/support.js';
import { Seen } from '../../../support/watching/seen.js';
import { openWatchRoom, watching } from './support.js';

const never = 600_000;
const patience = 60_000;

describeRedis('shared values and watchers in a cluster', () => {
  let cluster: RedisCluster;
  let at: Partial<ConnectionOptions>;
  beforeAll(async () => {
    cluster = await startCluster();
    const [{ host, port } = { host: '127.0.0.1', port: 1 }] = cluster.nodes;
    at = { topology: 'cluster', hosts: [{ host, port }], retryMs: 100 };
  }, patience);
  afterAll(() => cluster.stop());

  /** So many keys that every master has some. */
  const names = Array.from({ length: 24 }, (_, n) => `limits.${n}`);

  it('a prefix shows the values of all masters, and their changes once each', { timeout: patience }, async () => {
    const { keys, watches } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    for (const key of names) await calls(keys, { ...ref, key }).set(key);
    const seen = await watching(watches.watchPrefix(ref, 'limits.'));
    expect(seen.changes.map(({ key }) => key.key).sort()).toEqual([...names].sort());
    const before = seen.changes.length;
    for (const key of names) await calls(keys, { ...ref, key }).set(`${key} again`);
    await until('all are shown', async () => seen.changes.length >= before + names.length);
    expect(seen.changes.slice(before).map(({ state }) => state.body).sort()).toEqual(names.map((key) => `${key} again`).sort());
  });

  it('a foreign write on any master is seen once events are switched on, on all of them', { timeout: patience }, async () => {
    const { watches } = await openWatchRoom({ reconcileMs: never, keyspaceEvents: 'enable' }, at);
    const ref = freshRef();
    const watchers = new Map<string, Seen>();
    for (const key of names) watchers.set(key, await watching(watches.watchKey({ ...ref, key })));
    const many = await watching(watches.watchPrefix(ref, ''));
    await until('events arrive from all masters', async () => watches.eventsArrive === true);
    for (const [key, seen] of watchers) {
      const { value } = namesOf({ ...ref, key });
      await (await cluster.ownerOf(hashSlot(value))).call('SET', value, key);
      await seen.shows(key);
      await many.shows(key);
    }
  });

  it('events that one master does not send count as missing', { timeout: patience }, async () => {
    const [first, ...others] = await cluster.masters();
    for (const other of others) await other.call('CONFIG', 'SET', 'notify-keyspace-events', 'KA');
    await first?.call('CONFIG', 'SET', 'notify-keyspace-events', '');
    const { watches } = await openWatchRoom({ reconcileMs: never }, at);
    await watching(watches.watchKey(freshRef()));
    await until('the canaries are in', async () => watches.eventsArrive === false);
  });

  it('while a slot moves nothing is lost and nobody goes back, and watchers end at what is stored', { timeout: patience }, async () => {
    const { keys, watches } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    const { set } = calls(keys, ref);
    await set('start');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    const slot = hashSlot(namesOf(ref).value);
    for (let round = 0; round < 3; round += 1) {
      const moving = cluster.moveSlot(slot);
      for (let n = 0; n < 100; n += 1) await set(`${round}.${n}`);
      await moving;
    }
    await set('end');
    for (const one of seen) {
      await one.shows('end');
      one.expectForward();
    }
  });

  it('a key that is absent waits while its slot is half moved, and is written and shown once that is finished', { timeout: patience }, async () => {
    const { keys, watches } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    const { set, del } = calls(keys, ref);
    await set('a');
    await del();
    const seen = await watching(watches.watchKey(ref));
    const move = await cluster.beginMove(hashSlot(namesOf(ref).value));
    const answer = set('b');
    let isAnswered = false;
    answer.then(() => { isAnswered = true; }, () => { isAnswered = true; });
    const late = await openWatchRoom({ reconcileMs: never }, at);
    const waiting = new Seen(late.watches.watchKey(ref));
    await move.moveKeys(10);
    expect(isAnswered).toBe(false);
    await move.finish();
    expect((await answer).written).toBe(true);
    await seen.shows('b');
    await waiting.shows('b');
    seen.expectForward();
  });

  it('a master that dies: watchers go stale at most, and show what its replica has and what is written then', { timeout: patience }, async () => {
    const { keys, watches } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    const { set } = calls(keys, ref);
    await set('before');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    await cluster.killMaster(await cluster.ownerOf(hashSlot(namesOf(ref).value)));
    await until('it can be written again', async () => (await set('after')).written);
    for (const one of seen) {
      await one.shows('after', 30_000);
      await one.live();
      one.expectForward();
      expect(one.isOver).toBe(false);
    }
  });
});
