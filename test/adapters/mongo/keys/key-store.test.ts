import { Long } from 'mongodb';
import { expect, it } from 'vitest';
import { isChronowError } from '../../../../src/errors.js';
import type { KeyState } from '../../../../src/port/key-store.js';
import { describeMongo, freshDatabase } from '../../../support/mongo/shared.js';
import { until } from '../../../support/servers/until.js';
import { ask, calls, idOf, openRoom, openRooms, raw, ref } from './support.js';

const day = 86_400_000;
const codeOf = async (call: Promise<unknown>): Promise<string | undefined> => call.then(() => undefined, (error: unknown) => (isChronowError(error) ? error.code : String(error)));

describeMongo('shared values on MongoDB', () => {
  it('are documents with format, revision and the body as it is, whatever the body looks like', async () => {
    const database = freshDatabase();
    const { keys } = await openRoom({ database });
    const { set, get } = calls(keys, ref);
    for (const body of ['{"$set":{"a.b":1}}', '$v', '$$NOW', '']) {
      const { state } = await set(body, { codec: '$c' });
      expect(await raw(database).findOne({ _id: idOf(ref) })).toMatchObject({ f: 1, v: state.revision, b: body, c: '$c' });
      expect(await get()).toEqual(state);
    }
  });

  it('have a revision of the clock of the server in µs, or one above the last', async () => {
    const database = freshDatabase();
    const { keys } = await openRoom({ database });
    const { set } = calls(keys, ref);
    expect((await set('a')).state.revision).toBeGreaterThan((Date.now() - 5_000) * 1_000);
    await raw(database).updateOne({ _id: idOf(ref) }, { $set: { v: Long.fromString('9007199254740000') } });
    expect((await set('b')).state.revision).toBe(9_007_199_254_740_001);
  });

  it('are remembered for a day once they were deleted, so that revisions go on; those with a mark for good; and those that ended for minutes, as their bodies are to go', async () => {
    const database = freshDatabase();
    const { keys } = await openRoom({ database });
    const exp = async (): Promise<number> => Number((await raw(database).findOne({ _id: idOf(ref) }))?.['exp']) - Date.now();
    const { set, del } = calls(keys, ref);
    await set('a');
    expect(await exp()).toBeNaN();
    await set('a', { ttlMs: 60_000 });
    expect(Math.abs((await exp()) - 360_000)).toBeLessThan(5_000);
    await ask(keys.expire(ref, 1_000));
    expect(Math.abs((await exp()) - 301_000)).toBeLessThan(5_000);
    // Ahead of the clock, what comes after the end would not be above it.
    await raw(database).updateOne({ _id: idOf(ref) }, { $set: { v: Long.fromNumber((Date.now() + 3_600_000) * 1_000) } });
    await set('a', { ttlMs: 60_000 });
    expect(await exp()).toBeGreaterThan(day + 50_000);
    await del();
    expect(await exp()).toBeGreaterThan(day - 10_000);
    await set('b');
    expect(await exp()).toBeNaN();
    const { state } = await del('tombstone');
    expect(await exp()).toBeNaN();
    await del('none', state.revision);
    expect(await exp()).toBeGreaterThan(day - 10_000);
    await del('closed');
    expect(await exp()).toBeNaN();
    expect(await raw(database).indexes()).toContainEqual(expect.objectContaining({ key: { exp: 1 }, expireAfterSeconds: 0 }));
  });

  it('that have ended are absent at the same later revision for everybody, without a write; and at that one they are written again', async () => {
    const rooms = await openRooms();
    const [one] = rooms;
    const { set, get } = calls(one.keys, ref);
    const { state } = await set('a', { ttlMs: 40 });
    await until('it has ended', async () => (await get()).body === undefined);
    const ended = await Promise.all(rooms.map(({ keys }) => calls(keys, ref).get()));
    expect(ended[0]).toEqual({ revision: (state.expiresAt ?? 0) * 1_000, body: undefined, codec: undefined, expiresAt: undefined, mark: 'none' });
    expect(ended[1]).toEqual(ended[0]);
    expect((await set('x', { expectedRevision: state.revision })).state).toEqual(ended[0]);
    expect(await ask(one.keys.expire(ref, 1_000))).toBe(false);
    const again = await set('b', { expectedRevision: ended[0]?.revision ?? 0 });
    expect(again.written).toBe(true);
    expect(again.state.revision).toBeGreaterThan(ended[0]?.revision ?? 0);
  });

  it('of a write at an expected revision make no document where there is none', async () => {
    const database = freshDatabase();
    const { keys } = await openRoom({ database });
    const { set, del } = calls(keys, ref);
    const none: KeyState = { revision: 0, body: undefined, expiresAt: undefined, mark: 'none' };
    expect(await set('a', { expectedRevision: 5 })).toEqual({ written: false, state: none });
    expect(await del('none', 5)).toEqual({ written: false, state: none });
    expect(await del()).toEqual({ written: true, state: none });
    expect(await del('tombstone', 5)).toEqual({ written: false, state: none });
    expect(await raw(database).countDocuments()).toBe(0);
  });

  it.each([
    ['no format', { v: 1, b: 'theirs' }],
    ['no number as revision', { f: 1, v: 'x', b: 'theirs' }],
    ['a nested value', { f: 1, v: 1, b: { a: 1 } }],
    ['another kind of end', { f: 1, v: 1, b: 'x', x: 'tomorrow' }],
    ['an unknown mark', { f: 1, v: 1, m: 'other' }],
  ])('of another program (%s) are FOREIGN_VALUE for a read, and stay as they are', async (_what, fields) => {
    const database = freshDatabase();
    const { keys } = await openRoom({ database });
    const theirs = { _id: idOf(ref), ...fields };
    await raw(database).insertOne(theirs);
    const { get, del } = calls(keys, ref);
    expect(await codeOf(get())).toBe('FOREIGN_VALUE');
    expect(await codeOf(ask(keys.history(ref, 5)))).toBe('FOREIGN_VALUE');
    expect(await codeOf(del('none', 7))).toBe('FOREIGN_VALUE');
    expect(await raw(database).findOne()).toEqual(theirs);
  });

  it('of another program refuse every write, and stay as they are', async () => {
    const database = freshDatabase();
    const { keys } = await openRoom({ database });
    const theirs = { _id: idOf(ref), name: 'theirs' };
    await raw(database).insertOne(theirs);
    const { set, del } = calls(keys, ref);
    const writes = [set('a'), set('a', { expectedRevision: 0 }), set('a', { expectedRevision: 7 }), set('a', { keepVersions: 2 }), del(), del('tombstone'), del('closed'), ask(keys.expire(ref, 1_000))];
    expect(new Set(await Promise.all(writes.map(codeOf)))).toEqual(new Set(['FOREIGN_VALUE']));
    expect(await raw(database).findOne()).toEqual(theirs);
  });

  it('of another program are not overwritten by the note that a value is gone, which comes only where nothing is', async () => {
    const database = freshDatabase();
    const { keys: { documents, looks } } = await openRoom({ database });
    const theirs = { _id: idOf(ref), name: 'theirs' };
    await raw(database).insertOne(theirs);
    expect(await documents.insertAbsent(ref, 7)).toBeUndefined();
    expect(await raw(database).findOne()).toEqual(theirs);
    await raw(database).deleteMany({});
    const known = { revision: Date.now() * 2_000, body: 'shown', expiresAt: undefined, mark: 'none' } as const;
    expect(await looks.look(ref, known, undefined)).toMatchObject({ cause: 'delete', state: { revision: known.revision + 1, body: undefined } });
    expect(await documents.insertAbsent(ref, 7)).toBeUndefined();
    expect(await raw(database).findOne()).toMatchObject({ f: 1, v: known.revision + 1 });
  });

  it('of a newer release are FORMAT_TOO_NEW, and stay as they are', async () => {
    const database = freshDatabase();
    const { keys } = await openRoom({ database });
    const newer = { _id: idOf(ref), f: 2, v: 7, b: 'newer' };
    await raw(database).insertOne(newer);
    const { set, get, del } = calls(keys, ref);
    const all = [get(), set('a'), set('a', { expectedRevision: 7 }), del(), del('tombstone'), ask(keys.expire(ref, 1_000))];
    expect(new Set(await Promise.all(all.map(codeOf)))).toEqual(new Set(['FORMAT_TOO_NEW']));
    expect(await raw(database).findOne()).toEqual(newer);
  });

  it('keep versions beside the key, as many as asked for, and no more than that for long', async () => {
    const database = freshDatabase();
    const { keys } = await openRoom({ database });
    const { set, del } = calls(keys, ref);
    const stored = async (): Promise<readonly unknown[]> => (await raw(database, 'cw_kv_versions').find().sort({ v: -1 }).toArray()).map(({ b }) => b);
    const history = async (): Promise<readonly unknown[]> => (await ask(keys.history(ref, 10))).map(({ body }) => body);
    for (const body of ['a', 'b', 'c', 'd']) await set(body, { keepVersions: 2 });
    expect(await history()).toEqual(['c', 'b']);
    await until('the rest is gone', async () => (await stored()).length === 2);
    await set('e');
    expect(await history()).toEqual([]);
    await until('they are gone', async () => (await stored()).length === 0);
    await set('f', { keepVersions: 5 });
    await set('g', { keepVersions: 5 });
    expect(await history()).toEqual(['f', 'e']);
    await del('tombstone');
    expect(await history()).toEqual([]);
    await set('h', { keepVersions: 5 });
    await set('i', { keepVersions: 5, ttlMs: 600_000 });
    expect(await history()).toEqual(['h']);
    await until('they go with the key', async () => (await raw(database, 'cw_kv_versions').countDocuments({ exp: { $gt: new Date(Date.now() + day) } })) === 1);
    await set('j', { keepVersions: 5 });
    await until('they stay', async () => (await raw(database, 'cw_kv_versions').countDocuments({ exp: { $exists: false } })) === 2);
    await del('closed');
    expect(await history()).toEqual(['j', 'i', 'h']);
  });

  it('keep a version of every value that was replaced, however many replace at once', async () => {
    const [one, other] = await openRooms();
    const writes = Array.from({ length: 24 }, (_, n) => n);
    const answers = await Promise.all(writes.map((n) => calls((n % 2 === 0 ? one : other).keys, ref).set(`v${String(n)}`, { keepVersions: 100 })));
    const last = answers.map(({ state }) => state).sort((left, right) => right.revision - left.revision)[0];
    const kept = await ask(one.keys.history(ref, 100));
    expect([last?.body, ...kept.map(({ body }) => body)].sort()).toEqual(writes.map((n) => `v${String(n)}`).sort());
    const revisions = answers.map(({ state: { revision } }) => revision).sort((left, right) => right - left);
    expect([last?.revision, ...kept.map(({ revision }) => revision)]).toEqual(revisions);
  });
});
