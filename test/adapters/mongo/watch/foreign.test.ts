import { expect, it } from 'vitest';
import { databaseName, describeMongo, dropDatabase, freshDatabase } from '../../../support/mongo/shared.js';
import { until } from '../../../support/servers/until.js';
import { calls, idOf, raw, ref } from '../keys/support.js';
import { openWatchRoom, watching, type WatchRoom } from './support.js';

const never = { reconcileMs: 600_000 };

async function rooms(database: string): Promise<readonly [WatchRoom, WatchRoom]> {
  return [await openWatchRoom({ database }, never), await openWatchRoom({ database }, never)];
}

describeMongo('watchers and other programs', () => {
  it('see a value that another program changed, at a new revision that is one for all', async () => {
    const database = freshDatabase();
    const [one, other] = await rooms(database);
    await calls(one.keys, ref).set('a');
    const seen = [await watching(one.watches.watchKey(ref)), await watching(other.watches.watchKey(ref)), await watching(other.watches.watchPrefix(ref, ''))];
    for (const body of ['b', 'c', 'b']) {
      await raw(database).updateOne({ _id: idOf(ref) }, { $set: { b: body } });
      for (const each of seen) await each.shows(body);
    }
    const { revision } = await calls(one.keys, ref).get();
    for (const each of seen) {
      await until('it is one revision', async () => each.last?.state.revision === revision);
      each.expectForward();
    }
  });

  it('see a write of ours between those of another program, with the same value too', async () => {
    const database = freshDatabase();
    const [one, other] = await rooms(database);
    const seen = [await watching(one.watches.watchKey(ref)), await watching(other.watches.watchPrefix(ref, ''))];
    for (let round = 0; round < 20; round += 1) {
      await calls(other.keys, ref).set(`ours ${String(round % 2)}`);
      await Promise.all([
        raw(database).updateOne({ _id: idOf(ref) }, { $set: { b: `theirs ${String(round % 3)}` } }),
        calls(one.keys, ref).set(`theirs ${String(round % 2)}`),
      ]);
      const { body, revision } = await calls(one.keys, ref).get();
      for (const each of seen) await until('it is what is stored', async () => each.body === body && (each.last?.state.revision ?? 0) >= revision);
    }
    for (const each of seen) each.expectForward();
  });

  it('see a time to live that another program set, and the end of it', async () => {
    const database = freshDatabase();
    const [{ watches, keys }] = await rooms(database);
    await calls(keys, ref).set('a');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    await raw(database).updateOne({ _id: idOf(ref) }, { $set: { x: new Date(Date.now() + 300) } });
    for (const each of seen) {
      await each.shows(undefined);
      expect(each.last?.cause).toBe('expire');
    }
  });

  it('see a document that another program removed, dropped or put back as it was, and do not go back', async () => {
    const database = freshDatabase();
    const [one, other] = await rooms(database);
    await calls(one.keys, ref).set('first');
    const seen = [await watching(one.watches.watchKey(ref)), await watching(other.watches.watchKey(ref)), await watching(other.watches.watchPrefix(ref, ''))];
    const backup = await raw(database).findOne({ _id: idOf(ref) });
    await calls(one.keys, ref).set('second');
    for (const each of seen) await each.shows('second');
    await raw(database).deleteOne({ _id: idOf(ref) });
    for (const each of seen) {
      await each.shows(undefined);
      expect(each.last?.cause).toBe('delete');
    }
    await raw(database).replaceOne({ _id: idOf(ref) }, backup ?? {}, { upsert: true });
    for (const each of seen) await each.shows('first');
    await raw(database).drop();
    for (const each of seen) await each.shows(undefined);
    const { state } = await calls(other.keys, ref).set('third');
    for (const each of seen) {
      await each.shows('third');
      expect(each.last?.state.revision).toBe(state.revision);
      each.expectForward();
    }
  });

  it('go on when the whole database was dropped', async () => {
    const database = databaseName();
    const [one, other] = await rooms(database);
    await calls(one.keys, ref).set('a');
    const seen = [await watching(one.watches.watchKey(ref)), await watching(other.watches.watchPrefix(ref, ''))];
    await dropDatabase(database);
    for (const each of seen) await each.shows(undefined);
    await calls(one.keys, ref).set('b');
    for (const each of seen) {
      await each.shows('b');
      await each.live();
      each.expectForward();
    }
    await dropDatabase(database);
  });

  it('keep the value they showed, stale, while a document of another program is in its place, and go on after that', async () => {
    const database = freshDatabase();
    const [one, other] = await rooms(database);
    await calls(one.keys, ref).set('a');
    const seen = [await watching(one.watches.watchKey(ref)), await watching(other.watches.watchPrefix(ref, ''))];
    await raw(database).replaceOne({ _id: idOf(ref) }, { theirs: true });
    for (const each of seen) {
      await until('it is stale', async () => each.statuses.at(-1) === 'stale');
      expect([each.body, each.isOver]).toEqual(['a', false]);
    }
    await raw(database).deleteOne({ _id: idOf(ref) });
    for (const each of seen) {
      await each.live();
      await each.shows(undefined);
    }
    await calls(one.keys, ref).set('b');
    for (const each of seen) await each.shows('b');
  });

  it('of a prefix are not concerned with documents of others that were never a value', async () => {
    const database = freshDatabase();
    const [{ watches, keys }] = await rooms(database);
    const theirs = { ...ref, key: 'fraud:theirs' };
    await raw(database).insertMany([{ _id: idOf(theirs), theirs: true }, { _id: `${idOf(ref)}%zz` }, { _id: 'x', v: 1 }]);
    const seen = await watching(watches.watchPrefix(ref, ''));
    await raw(database).updateOne({ _id: idOf(theirs) }, { $set: { b: 1 } });
    await calls(keys, ref).set('a');
    await seen.shows('a');
    expect(seen.changes.map(({ key: { key } }) => key)).toEqual(['fraud:limit']);
    expect(seen.statuses).toEqual(['live']);
  });

  it('find in a slow reading what no event told of', async () => {
    const database = freshDatabase();
    const { watches, keys } = await openWatchRoom({ database, changeStreams: 'off', pollMs: 100 }, { reconcileMs: 200 });
    await calls(keys, ref).set('a');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    // Polling goes by revisions, and this one stays.
    await raw(database).updateOne({ _id: idOf(ref) }, { $set: { b: 'b' } });
    for (const each of seen) await each.shows('b', 5_000);
  });
});
