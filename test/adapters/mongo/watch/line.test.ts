import { Long } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { failCommand } from '../../../support/mongo/fail-point.js';
import type { Member } from '../../../support/mongo/member.js';
import { startReplicaSet, type ReplicaSet } from '../../../support/mongo/replica-set.js';
import { databaseName, describeMongo } from '../../../support/mongo/shared.js';
import { until } from '../../../support/servers/until.js';
import { Seen } from '../../../support/watching/seen.js';
import { calls, ref } from '../keys/support.js';
import { openWatchRoom, watching } from './support.js';

const never = { reconcileMs: 600_000 };
const other = { ...ref, key: 'fraud:other' };

describeMongo('the line of a watcher', () => {
  let set: ReplicaSet;
  let member: Member;
  beforeAll(async () => {
    set = await startReplicaSet();
    member = await set.primary();
  });
  afterAll(() => set.stop());

  const at = (): { readonly uri: string; readonly database: string; readonly retryMs: number } => ({ uri: set.uri, database: databaseName(), retryMs: 50 });

  /** Takes the cursors of the streams of a database away; answers how many there were. */
  async function killStreams(database: string): Promise<number> {
    const { cursor } = await member.admin({ aggregate: 1, pipeline: [{ $currentOp: { allUsers: true, idleCursors: true } }, { $match: { ns: { $regex: `^${database}\\.` }, 'cursor.tailable': true } }], cursor: {} });
    const operations: unknown = Reflect.get(Object(cursor), 'firstBatch');
    const ids = (Array.isArray(operations) ? operations : []).map((operation: unknown): unknown => Reflect.get(Object(Reflect.get(Object(operation), 'cursor')), 'cursorId'));
    if (ids.length > 0) await member.admin({ killCursors: '$cmd.aggregate', cursors: ids.map((id) => Long.fromString(String(id))) }, database);
    return ids.length;
  }

  it('is cut again and again while others write: every watcher ends at the stored value, none goes back, each becomes live again', { timeout: 120_000 }, async () => {
    const where = at();
    const writer = await openWatchRoom(where);
    const { watches } = await openWatchRoom(where, never);
    const watchers = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, 'fraud:'))];
    const { set: write, del } = calls(writer.keys, ref);
    let stale = 0;
    let cuts = 0;
    for (let round = 0; round < 30; round += 1) {
      const writes = Array.from({ length: 20 }, (_, n) => (n % 7 === 6 ? del() : write(`${String(round)}.${String(n % 3)}`)));
      const cut = round % 3 === 0 ? failCommand(member, { failCommands: ['getMore'], closeConnection: true, namespace: `${where.database}.$cmd.aggregate` }, 1).then(() => 1) : killStreams(where.database);
      await Promise.all([...writes, cut.then((count) => { cuts += count; })]);
      const { state } = await write(`end of ${String(round)}`);
      const shown = await Promise.allSettled(watchers.map((seen) => seen.shows(state.body, 5_000)));
      stale += shown.filter(({ status }) => status === 'rejected').length;
    }
    expect(stale).toBe(0);
    expect(cuts).toBeGreaterThan(20);
    for (const seen of watchers) {
      seen.expectForward();
      await seen.live();
      expect(seen.isOver).toBe(false);
    }
  });

  it('is stale while the server is down, and shows all present states again before it is live', { timeout: 60_000 }, async () => {
    const { watches, keys } = await openWatchRoom(at(), never);
    await calls(keys, ref).set('a');
    await calls(keys, other).set('b');
    const seen = await watching(watches.watchPrefix(ref, 'fraud:'));
    const before = seen.signals.length;
    await member.kill9();
    await until('it is stale', async () => seen.statuses.at(-1) === 'stale');
    await member.start();
    await seen.live();
    const [first, ...again] = seen.signals.slice(before);
    expect(first).toEqual({ kind: 'status', status: 'stale' });
    expect(again.at(-1)).toEqual({ kind: 'status', status: 'live' });
    expect(again.slice(0, -1).map((signal) => signal.kind === 'change' && [signal.change.key.key, signal.change.state.body, signal.change.cause]).sort()).toEqual([
      ['fraud:limit', 'a', 'resync'],
      ['fraud:other', 'b', 'resync'],
    ]);
    await calls(keys, ref).set('c');
    await seen.shows('c');
    seen.expectForward();
  });

  it('shows the end of a value also where that came while the server was down', { timeout: 60_000 }, async () => {
    const { watches, keys } = await openWatchRoom(at(), never);
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    await calls(keys, ref).set('short', { ttlMs: 900 });
    for (const one of seen) await one.shows('short');
    await member.kill9();
    await until('it would have ended', async () => Date.now() > (seen[0]?.last?.state.expiresAt ?? Infinity));
    await member.start();
    for (const one of seen) {
      await one.shows(undefined);
      await one.live();
      one.expectForward();
    }
  });

  it('that was cut for too long begins anew, with what is there', { timeout: 60_000 }, async () => {
    const where = at();
    const { watches, keys } = await openWatchRoom(where, never);
    const writer = await openWatchRoom(where);
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    await failCommand(member, { failCommands: ['getMore'], errorCode: 286, errorLabels: ['NonResumableChangeStreamError'], namespace: `${where.database}.$cmd.aggregate` }, 1);
    await calls(writer.keys, ref).set('meanwhile');
    for (const one of seen) {
      await one.shows('meanwhile');
      await one.live();
    }
    await calls(keys, ref).set('after');
    for (const one of seen) await one.shows('after');
  });

  it('is not stale because somebody begins to consume a topic', async () => {
    const { watches, keys, context } = await openWatchRoom(at(), never);
    const seen = await watching(watches.watchKey(ref));
    for (let n = 0; n < 5; n += 1) {
      const topic = context.store.hints.topic(`topic ${String(n)}`).subscribe();
      await calls(keys, ref).set(String(n));
      await seen.shows(String(n));
      topic.unsubscribe();
    }
    expect(seen.statuses).toEqual(['live']);
  });

  it('serves who comes later with what is stored then', async () => {
    const where = at();
    const writer = await openWatchRoom(where);
    const { watches } = await openWatchRoom(where, never);
    await watching(watches.watchKey(ref));
    for (let n = 0; n < 50; n += 1) {
      await calls(writer.keys, ref).set(String(n));
      const late = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
      expect(late.map(({ body }) => body)).toEqual([String(n), String(n)]);
      for (const one of late) one.stop();
    }
  });

  it('brings a change within the time of an answer, whatever changes of it', async () => {
    const where = at();
    const writer = await openWatchRoom(where);
    const { watches } = await openWatchRoom(where, never);
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    const writes = [['a', {}], ['a', {}], ['a', { codec: 'text' }], ['x'.repeat(200_000), { codec: 'text' }], ['x'.repeat(200_000), { codec: 'text', ttlMs: 600_000 }], ['y', { ttlMs: 600_000, keepVersions: 3 }], ['y', { keepVersions: 3 }], [Uint8Array.of(1, 2), {}], [Uint8Array.of(1, 2), {}]] as const;
    const { set: write, del } = calls(writer.keys, ref);
    for (const [body, options] of writes) {
      const { state } = await write(body, options);
      for (const one of seen) {
        await until('it is shown', async () => one.last?.state.revision === state.revision);
        expect({ ...one.last?.state, body: undefined }).toEqual({ ...state, body: undefined });
        expect(Buffer.from(one.last?.state.body ?? '').equals(Buffer.from(body))).toBe(true);
      }
    }
    const { state } = await del();
    for (const one of seen) await until('it is shown', async () => one.last?.state.revision === state.revision);
    const late: number[] = [];
    for (let n = 0; n < 100; n += 1) {
      await write(String(n));
      const answered = performance.now();
      await seen[0]?.shows(String(n));
      late.push(performance.now() - answered);
    }
    late.sort((a, b) => a - b);
    expect(late[50]).toBeLessThan(50);
  });

  it('ends with the broker, and whoever comes then is refused', async () => {
    const { watches } = await openWatchRoom(at());
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    watches.close();
    expect(seen.map(({ isOver, failure }) => [isOver, failure])).toEqual([[true, undefined], [true, undefined]]);
    expect(new Seen(watches.watchKey(ref)).failure).toMatchObject({ code: 'CLOSED' });
  });
});
