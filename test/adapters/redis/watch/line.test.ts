import { createHash } from 'node:crypto';
import { filter, firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../../../src/adapters/redis/connection/options.js';
import { describeRedis, rawClient } from '../../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../../support/redis/single.js';
import { until } from '../../../support/servers/until.js';
import { calls, freshRef, namesOf } from '../keys/support.js';
import { Seen } from '../../../support/watching/seen.js';
import { openWatchRoom, watching } from './support.js';

const never = 600_000;

describeRedis('the line of a watcher', () => {
  let server: SingleServer;
  let at: Partial<ConnectionOptions>;
  beforeAll(async () => {
    server = await startSingle();
    at = { hosts: [{ host: server.host, port: server.port }], retryMs: 50 };
  });
  afterAll(() => server.stop());

  /** As if a write had been made whose message was lost: value and record fit, nothing is published. */
  async function writeSilently(ref: ReturnType<typeof freshRef>, body: string, revision: number): Promise<void> {
    const { value, record } = namesOf(ref);
    await rawClient(server.url).multi().set(value, body).hset(record, 'f', '1', 'v', String(revision), 's', createHash('sha1').update(body).digest('hex'), 'y', 'set').exec();
  }

  it('is cut again and again while others write: every watcher ends at the stored value, none goes back, each becomes live again', { timeout: 60_000 }, async () => {
    const writer = await openWatchRoom({}, at);
    const { watches } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef('limits.a');
    const watchers = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, 'limits.'))];
    const { set, del } = calls(writer.keys, ref);
    let stale = 0;
    for (let round = 0; round < 30; round += 1) {
      const writes = Array.from({ length: 20 }, (_, n) => (n % 7 === 6 ? del() : set(`${round}.${n}`)));
      const cuts = [server.call('CLIENT', 'KILL', 'TYPE', 'pubsub')];
      if (round % 2 === 1) cuts.push(server.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
      await Promise.all([...writes, ...cuts]);
      const { state } = await set(`end of ${round}`);
      const shown = await Promise.allSettled(watchers.map((seen) => seen.shows(state.body, 5_000)));
      stale += shown.filter(({ status }) => status === 'rejected').length;
    }
    expect(stale).toBe(0);
    for (const seen of watchers) {
      seen.expectForward();
      await seen.live();
      expect(seen.statuses).toContain('stale');
      expect(seen.isOver).toBe(false);
    }
  });

  it('comes back and shows all present states again before it is live', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef('limits.a');
    const other = { ...ref, key: 'limits.b' };
    await calls(keys, ref).set('a');
    await calls(keys, other).set('b');
    const seen = await watching(watches.watchPrefix(ref, 'limits.'));
    const before = seen.signals.length;
    await server.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('it is stale', async () => seen.statuses.at(-1) === 'stale');
    await seen.live();
    const [first, ...again] = seen.signals.slice(before);
    expect(first).toEqual({ kind: 'status', status: 'stale' });
    expect(again.at(-1)).toEqual({ kind: 'status', status: 'live' });
    expect(again.slice(0, -1).map((signal) => signal.kind === 'change' && [signal.change.key.key, signal.change.state.body, signal.change.cause]).sort()).toEqual([
      ['limits.a', 'a', 'resync'],
      ['limits.b', 'b', 'resync'],
    ]);
  });

  it('loses a message without knowing it: the next reading finds the value', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: 200 }, at);
    const ref = freshRef();
    const { state } = await calls(keys, ref).set('a');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    await writeSilently(ref, 'b', state.revision + 1);
    for (const one of seen) await one.shows('b', 3_000);
  });

  it('comes back to a store that a failover took back: the older value is shown under a newer revision, to everybody the same', async () => {
    const rooms = [await openWatchRoom({ reconcileMs: never }, at), await openWatchRoom({ reconcileMs: never }, at)];
    const [room] = rooms;
    const ref = freshRef();
    const { set } = calls(rooms[1]?.keys ?? (await openWatchRoom()).keys, ref);
    const { state: old } = await set('old');
    const seen = await Promise.all(rooms.map(({ watches }) => watching(watches.watchKey(ref))));
    await set('lost by the failover');
    for (const one of seen) await one.shows('lost by the failover');
    await writeSilently(ref, 'old', old.revision);
    await server.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    for (const one of seen) await one.shows('old');
    const stored = await calls(room?.keys ?? (await openWatchRoom()).keys, ref).get();
    for (const one of seen) {
      one.expectForward();
      await until('it is at the stored revision', async () => one.last?.state.revision === stored.revision);
    }
  });

  it('hears from a master whose clock is behind: what that writes is shown all the same', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    const ahead = Date.now() * 1_000 + 3_600_000_000;
    await writeSilently(ref, 'of the old master', ahead);
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    await rawClient(server.url).del(namesOf(ref).value, namesOf(ref).record);
    const { state } = await calls(keys, ref).set('of the new one');
    expect(state.revision).toBeLessThan(ahead);
    for (const one of seen) {
      await one.shows('of the new one');
      one.expectForward();
    }
    expect((await calls(keys, ref).get()).revision).toBeGreaterThan(ahead);
  });

  it('is one for all watchers of a key in a process, and none when nobody watches', async () => {
    const { watches } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    const { value } = namesOf(ref);
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchKey(ref))];
    expect(await server.call('PUBSUB', 'NUMSUB', value)).toEqual([value, 1]);
    expect(await server.call('PUBSUB', 'NUMPAT')).toBe(1);
    for (const one of seen) one.stop();
    await until('nobody listens', async () => JSON.stringify([await server.call('PUBSUB', 'NUMSUB', value), await server.call('PUBSUB', 'NUMPAT')]) === JSON.stringify([[value, 0], 0]));
  });

  it('serves who comes later with what is stored then', async () => {
    const writer = await openWatchRoom({}, at);
    const { watches } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    await watching(watches.watchKey(ref));
    for (let n = 0; n < 50; n += 1) {
      await calls(writer.keys, ref).set(`${n}`);
      const late = await watching(watches.watchKey(ref));
      expect(late.body).toBe(`${n}`);
      late.stop();
    }
    // Also where the message of it was lost.
    const { revision } = await calls(writer.keys, ref).get();
    await writeSilently(ref, 'lost on the way', revision + 1);
    expect((await watching(watches.watchKey(ref))).body).toBe('lost on the way');
  });

  it('carries short bodies; a long one is read', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    for (const body of ['ü\n\u0000'.repeat(100), 'x'.repeat(200_000), 'short', 'y'.repeat(20_000)]) {
      const { state } = await calls(keys, ref).set(body, { codec: 'text', ttlMs: 600_000 });
      for (const one of seen) {
        await one.shows(body);
        expect(one.last?.state).toEqual(state);
      }
    }
  });

  it('brings a change within the time of an answer', async () => {
    const { watches } = await openWatchRoom({ reconcileMs: never }, at);
    const writer = await openWatchRoom({}, at);
    const ref = freshRef();
    const seen = await watching(watches.watchKey(ref));
    const late: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      const shown = firstValueFrom(watches.watchKey(ref).pipe(filter((signal) => signal.kind === 'change' && signal.change.state.body === `${n}`)));
      await calls(writer.keys, ref).set(`${n}`);
      const answered = performance.now();
      await shown;
      late.push(performance.now() - answered);
    }
    late.sort((a, b) => a - b);
    expect(late[100]).toBeLessThan(20);
    seen.expectForward();
  });

  it('ends with the broker, and whoever comes then is refused', async () => {
    const { watches } = await openWatchRoom({}, at);
    const seen = [await watching(watches.watchKey(freshRef())), await watching(watches.watchPrefix(freshRef(), ''))];
    watches.close();
    expect(seen.map(({ isOver, failure }) => [isOver, failure])).toEqual([[true, undefined], [true, undefined]]);
    expect(new Seen(watches.watchKey(freshRef())).failure).toMatchObject({ code: 'CLOSED' });
  });

  it('waits for a server that restarts, and goes on', { timeout: 30_000 }, async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    await calls(keys, ref).set('a');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    await server.restart();
    for (const one of seen) await one.live();
    await calls(keys, ref).set('b');
    for (const one of seen) {
      await one.shows('b');
      expect(one.statuses).toContain('stale');
      one.expectForward();
    }
  });
});
