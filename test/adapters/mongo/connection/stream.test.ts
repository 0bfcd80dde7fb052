import { expect, it } from 'vitest';
import { merge } from 'rxjs';
import { poke } from '../../../../src/adapters/mongo/connection/hints.js';
import { timeOfToken } from '../../../../src/adapters/mongo/connection/change-events.js';
import { describeMongo, freshDatabase, rawClient } from '../../../support/mongo/shared.js';
import { until } from '../../../support/servers/until.js';
import { openStore } from '../../../support/mongo/store.js';
import { hear, revisionOf, set, watch } from './support.js';

/** How many change streams are open in a database. */
async function streams(database: string): Promise<number> {
  const operations = await rawClient().db('admin').aggregate([{ $currentOp: { allUsers: true, idleCursors: true } }]).toArray();
  const cursors = operations.filter(({ ns, cursor }) => String(ns).startsWith(`${database}.`) && JSON.stringify(cursor ?? {}).includes('$changeStream'));
  return cursors.length;
}

describeMongo('hints', () => {
  it('of a topic come for its messages and pointers and when it is poked, first of all one to look at everything', async () => {
    const store = await openStore();
    const mine = hear(store.hints.topic('t1'));
    const other = hear(store.hints.topic('t2'));
    await mine.next(({ kind }) => kind === 'gap');
    await other.next(({ kind }) => kind === 'gap');
    await store.attempt('insert', () => store.collection('cw_log').insertOne({ t: 't1', b: 'body' }));
    await mine.next(({ kind }) => kind === 'ready');
    await store.attempt('insert', () => store.collection('cw_deliv').insertOne({ t: 't2' }));
    await other.next(({ kind }) => kind === 'ready');
    expect(mine.all).toEqual([{ kind: 'gap' }, { kind: 'ready' }]);
    await store.attempt('insert', () => store.collection('cw_topics').insertOne({ id: 't1', seq: 1 }));
    await store.attempt('update', () => store.collection('cw_topics').updateOne({ id: 't1' }, { $inc: { seq: 1 } }));
    await store.attempt('update', () => store.collection('cw_topics').updateOne({ id: 't1' }, { $set: poke('t1', 'x') }));
    await mine.next(({ kind }) => kind === 'ready', 2);
    expect(mine.all).toHaveLength(3);
    expect(other.all).toHaveLength(2);
  });

  it('of a topic that is consumed later come too, and nothing of the others is missed meanwhile', async () => {
    const store = await openStore();
    const first = hear(store.hints.topic('t0'));
    await first.next(({ kind }) => kind === 'gap');
    const writing = Promise.all(Array.from({ length: 60 }, () => store.attempt('insert', () => store.collection('cw_log').insertOne({ t: 't0' }))));
    const later = Array.from({ length: 20 }, (_, i) => hear(store.hints.topic(`later-${i}`)));
    for (const one of later) await one.next(({ kind }) => kind === 'gap');
    await writing;
    await store.attempt('insert', () => store.collection('cw_log').insertMany(later.map((_, i) => ({ t: `later-${i}` }))));
    for (const one of later) await one.next(({ kind }) => kind === 'ready');
    await until('all are told', async () => first.all.filter(({ kind }) => kind === 'ready').length >= 60);
    expect(first.all.filter(({ kind }) => kind === 'gap')).toHaveLength(1);
  });

  it('share one change stream, which is open only while somebody listens', async () => {
    const database = freshDatabase();
    const store = await openStore({ database });
    expect(await streams(database)).toBe(0);
    const all = merge(store.hints.topic('a'), store.hints.topic('b'), store.hints.keys({ prefix: 'p' })).subscribe();
    const one = store.hints.keys({ id: 'k' }).subscribe();
    await until('it is open', async () => (await streams(database)) === 1);
    all.unsubscribe();
    expect(await streams(database)).toBe(1);
    one.unsubscribe();
    await until('it is closed', async () => (await streams(database)) === 0);
  });

  it('of a key have every change, whole or what was changed, and deletes', async () => {
    const store = await openStore();
    const one = hear(store.hints.keys({ id: 'a:1' }));
    const all = hear(store.hints.keys({ prefix: 'a:' }));
    await one.next(({ kind }) => kind === 'live');
    expect(one.all[0]).toMatchObject({ kind: 'live', missed: true });
    for (let v = 1; v <= 3; v += 1) await set(store, 'a:1', v);
    await set(store, 'a:2', 9);
    await set(store, 'b:1', 9);
    await store.attempt('delete', () => store.collection<{ _id: string }>('cw_kv').deleteOne({ _id: 'a:1' }));
    await one.next(({ kind }) => kind === 'delete');
    expect(one.all.map((hint) => revisionOf(hint) ?? hint.kind)).toEqual(['live', 1, 2, 3, 'delete']);
    await all.next(({ kind }) => kind === 'delete');
    expect(all.all.map((hint) => revisionOf(hint) ?? hint.kind)).toEqual(['live', 1, 2, 3, 9, 'delete']);
  });

  it('let a watcher that joins at any time see every revision from the one it read', async () => {
    const store = await openStore();
    const watchers: ReturnType<typeof watch>[] = [];
    for (let v = 1; v <= 150; v += 1) {
      // What only the primary has is in no plain read by majority.
      await set(store, 'busy', v, 1);
      if (v % 10 === 5) watchers.push(watch(store, 'busy'));
    }
    for (const watcher of watchers) {
      await watcher.next((v) => v === 150);
      const from = watcher.all[0] ?? 0;
      expect(watcher.all).toEqual(Array.from({ length: 151 - from }, (_, i) => from + i));
    }
  });

  it('let the first watcher see what only the primary had when the stream began after it', async () => {
    const store = await openStore();
    for (let n = 1; n <= 5; n += 1) {
      // Each has a stream of its own.
      const reader = await openStore({ database: store.collection('cw_kv').dbName });
      await set(store, `k${n}`, n, 1);
      await set(store, 'other', n, 1);
      const opened = watch(reader, `k${n}`);
      await opened.next((v) => v === n);
    }
  });

  it('tell the time of a resume token', async () => {
    const db = rawClient().db(freshDatabase());
    const stream = db.watch();
    await stream.tryNext();
    await db.collection('a').insertOne({});
    const event = await stream.next();
    const { clusterTime } = event;
    expect(clusterTime !== undefined && timeOfToken(event._id)?.equals(clusterTime)).toBe(true);
    expect(timeOfToken({ _data: 'nonsense' })).toBeUndefined();
    await stream.close();
  });
});
