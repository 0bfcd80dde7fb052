import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Reply } from '../../../../src/adapters/redis/connection/reply.js';
import { readFound } from '../../../../src/adapters/redis/keys/key-reply.js';
import { delScript, setScript } from '../../../../src/adapters/redis/keys/scripts.js';
import { isChronowError } from '../../../../src/errors.js';
import { startSingle, type SingleServer } from '../../../support/redis/single.js';
import { describeRedis, rawClient } from '../../../support/redis/shared.js';
import { until } from '../../../support/servers/until.js';
import { ask, calls, freshRef, namesOf, openRoom } from './support.js';

const codeOf = async (call: Promise<unknown>): Promise<string | undefined> => call.then(() => undefined, (error: unknown) => (isChronowError(error) ? error.code : String(error)));

describeRedis('shared values on Redis', () => {
  it('a plain GET reads the body at the key of the original, and the record beside it says what it is', async () => {
    const { keys } = await openRoom();
    const ref = freshRef();
    const { state } = await calls(keys, ref).set('{"n":1}');
    const raw = rawClient();
    expect(await raw.get(namesOf(ref).value)).toBe('{"n":1}');
    const record = await raw.hgetall(namesOf(ref).record);
    expect(record).toMatchObject({ f: '1', v: String(state.revision), s: createHash('sha1').update('{"n":1}').digest('hex'), y: 'set' });
    expect(await raw.ttl(namesOf(ref).record)).toBe(-1);
  });

  it('a revision is the clock of the server in µs, or one above the last', async () => {
    const { keys } = await openRoom();
    const ref = freshRef();
    const [seconds = '0', micros = '0'] = await rawClient().time();
    const { state } = await calls(keys, ref).set('a');
    expect(state.revision).toBeGreaterThanOrEqual(Number(seconds) * 1_000_000 + Number(micros));
    await rawClient().hset(namesOf(ref).record, 'v', '9007199254740000');
    expect((await calls(keys, ref).set('b')).state.revision).toBe(9_007_199_254_740_001);
  });

  it('the record of a deleted or expired value is remembered for a day, so that revisions go on, and then goes', async () => {
    const { keys } = await openRoom();
    const raw = rawClient();
    const [deleted, expired] = [freshRef('deleted'), freshRef('expired')];
    await calls(keys, deleted).set('a');
    await calls(keys, deleted).del();
    expect(await raw.pttl(namesOf(deleted).record)).toBeGreaterThan(86_000_000);
    await calls(keys, expired).set('a', { ttlMs: 30 });
    expect(await raw.pttl(namesOf(expired).record)).toBeGreaterThan(86_000_000);
    await calls(keys, expired).set('b');
    expect(await raw.pttl(namesOf(expired).record)).toBe(-1);
  });

  it('a tombstone and a closed key are remembered until they are lifted, or for good', async () => {
    const { keys } = await openRoom();
    const raw = rawClient();
    const ref = freshRef();
    const { set, del, get } = calls(keys, ref);
    await set('a');
    const { state } = await del('tombstone');
    expect(await raw.pttl(namesOf(ref).record)).toBe(-1);
    expect(await del('none', state.revision)).toEqual({ written: true, state: { ...state, mark: 'none' } });
    expect(await raw.pttl(namesOf(ref).record)).toBeGreaterThan(0);
    await del('closed');
    expect(await raw.pttl(namesOf(ref).record)).toBe(-1);
    expect(await codeOf(set('b'))).toBe('KEY_CLOSED');
    await raw.set(namesOf(ref).value, 'foreign');
    expect(await get()).toMatchObject({ mark: 'closed', body: undefined });
    expect(await raw.get(namesOf(ref).value)).toBe('foreign');
  });

  it('a foreign SET is adopted as a new revision, without the codec and the time to live of before', async () => {
    const { keys } = await openRoom();
    const ref = freshRef();
    const { set, get } = calls(keys, ref);
    const { state } = await set(Uint8Array.of(1, 2), { codec: 'cbor', ttlMs: 60_000 });
    await rawClient().set(namesOf(ref).value, '"foreign"');
    const adopted = await get();
    expect(adopted).toMatchObject({ body: '"foreign"', codec: undefined, expiresAt: undefined, mark: 'none' });
    expect(adopted.revision).toBeGreaterThan(state.revision);
    expect(await get()).toEqual(adopted);
    expect((await set('x', { expectedRevision: state.revision })).written).toBe(false);
    expect((await set('y', { expectedRevision: adopted.revision })).written).toBe(true);
  });

  it('a value that only a foreigner ever wrote is there, at a revision of its own', async () => {
    const { keys } = await openRoom();
    const ref = freshRef();
    await rawClient().set(namesOf(ref).value, '1', 'PX', 60_000);
    const { body, revision, expiresAt } = await calls(keys, ref).get();
    expect(body).toBe('1');
    expect(revision).toBeGreaterThan(1_700_000_000_000_000);
    expect(expiresAt).toBeGreaterThan(Date.now());
  });

  it('a foreign DEL, RENAME and FLUSH of the value is an absence at a newer revision', async () => {
    const { keys } = await openRoom();
    const raw = rawClient();
    const ref = freshRef();
    const { set, get } = calls(keys, ref);
    for (const vanish of [() => raw.del(namesOf(ref).value), () => raw.rename(namesOf(ref).value, `${namesOf(ref).value}:old`)]) {
      const { state } = await set('a');
      await vanish();
      const gone = await get();
      expect(gone.body).toBeUndefined();
      expect(gone.revision).toBeGreaterThan(state.revision);
    }
    const { state } = await set('a');
    await raw.del(namesOf(ref).value, namesOf(ref).record);
    const { state: lost } = await keys.look(ref, { revision: state.revision, isPresent: true });
    expect(lost.revision).toBeGreaterThan(state.revision);
    expect(lost.body).toBeUndefined();
  });

  it('a foreign EXPIRE and PERSIST change the time to live, not the revision', async () => {
    const { keys } = await openRoom();
    const raw = rawClient();
    const ref = freshRef();
    const { set, get } = calls(keys, ref);
    const { state } = await set('a');
    await raw.pexpire(namesOf(ref).value, 60_000);
    const limited = await get();
    expect(limited.revision).toBe(state.revision);
    expect(Math.abs((limited.expiresAt ?? 0) - Date.now() - 60_000)).toBeLessThan(2_000);
    await raw.persist(namesOf(ref).value);
    expect((await get()).expiresAt).toBeUndefined();
  });

  it('another type at the key is FOREIGN_VALUE for every call, and stays as it is', async () => {
    const { keys } = await openRoom();
    const raw = rawClient();
    const ref = freshRef();
    await raw.rpush(namesOf(ref).value, 'theirs');
    const { set, get, del } = calls(keys, ref);
    expect(await codeOf(get())).toBe('FOREIGN_VALUE');
    expect(await codeOf(set('ours'))).toBe('FOREIGN_VALUE');
    expect(await codeOf(del())).toBe('FOREIGN_VALUE');
    expect(await codeOf(ask(keys.expire(ref, 1_000)))).toBe('FOREIGN_VALUE');
    expect(await raw.lrange(namesOf(ref).value, 0, -1)).toEqual(['theirs']);
    await raw.del(namesOf(ref).value);
    await raw.set(namesOf(ref).record, 'theirs');
    expect(await codeOf(set('ours'))).toBe('FOREIGN_VALUE');
  });

  it('a record of a newer format is FORMAT_TOO_NEW and left alone', async () => {
    const { keys } = await openRoom();
    const raw = rawClient();
    const ref = freshRef();
    await raw.hset(namesOf(ref).record, 'f', '2', 'v', '7');
    expect(await codeOf(calls(keys, ref).set('a'))).toBe('FORMAT_TOO_NEW');
    expect(await raw.hgetall(namesOf(ref).record)).toEqual({ f: '2', v: '7' });
    expect(await raw.exists(namesOf(ref).value)).toBe(0);
  });

  it('a store that a failover took back goes on above what a reader has seen', async () => {
    const { keys } = await openRoom();
    const ref = freshRef();
    await calls(keys, ref).set('old');
    const ahead = Date.now() * 1_000 + 3_600_000_000;
    const { state } = await keys.look(ref, { revision: ahead, isPresent: true });
    expect([state.body, state.revision]).toEqual(['old', ahead + 1]);
    expect((await calls(keys, ref).get()).revision).toBe(ahead + 1);
    expect((await keys.look(ref, { revision: ahead, isPresent: true })).state.revision).toBe(ahead + 1);
  });

  it('what nobody has a value of needs no new revision: an absence that was seen stays one', async () => {
    const { keys } = await openRoom();
    const ref = freshRef();
    expect((await keys.look(ref, { revision: 5, isPresent: false })).state).toMatchObject({ revision: 0, body: undefined });
    expect(await rawClient().exists(namesOf(ref).record)).toBe(0);
  });

  it('a call at an expected revision that reaches the server twice is carried out once, however often others wrote in between', async () => {
    const { keys, context } = await openRoom();
    const ref = freshRef();
    const { value, record } = namesOf(ref);
    const { set, get } = calls(keys, ref);
    const { state } = await set('0');
    const send = (): Promise<Reply> => context.connection.run(setScript, [value, record], ['me_1', state.revision, 0, '', '', '', '1']);
    const first = readFound(ref, await send());
    expect(readFound(ref, await send())).toMatchObject({ done: true, state: first.state });
    let { revision } = first.state;
    for (let n = 0; n < 100; n += 1) ({ state: { revision } } = await set('2', { expectedRevision: revision }));
    expect(readFound(ref, await send())).toMatchObject({ done: true, state: first.state });
    expect((await get()).body).toBe('2');
    expect((await rawClient().hget(record, 't'))?.split(' ').length).toBe(5);
    const remove = (): Promise<Reply> => context.connection.run(delScript, [value, record], ['me_2', revision, 'none']);
    const gone = readFound(ref, await remove());
    await set('3');
    expect(readFound(ref, await remove())).toMatchObject({ done: true, state: gone.state });
    expect((await get()).body).toBe('3');
  });

  it('a set is one command', async () => {
    const { keys } = await openRoom();
    const raw = rawClient();
    const ref = freshRef();
    const { set } = calls(keys, ref);
    await set('a');
    const count = async (): Promise<number> => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1]);
    const before = await count();
    for (let n = 0; n < 50; n += 1) await set(`${n}`, { ttlMs: 60_000 });
    // Others use the server too: at least these, and none of them twice.
    expect((await count()) - before).toBeGreaterThanOrEqual(50);
  });
});

describeRedis('shared values on a server of their own', () => {
  let server: SingleServer;
  beforeAll(async () => { server = await startSingle({ maxmemory: '30mb', settings: { 'maxmemory-policy': 'noeviction' } }); });
  afterAll(() => server.stop());

  it('out of memory a set is refused as a whole; a value is still read, also where others deleted or wrote it, and deleted', async () => {
    const { keys } = await openRoom({ hosts: [{ host: server.host, port: server.port }] });
    const ref = freshRef();
    const { set, get, del } = calls(keys, ref);
    const { state } = await set('a');
    const [deleted, written] = [freshRef('deleted'), freshRef('written')];
    for (const other of [deleted, written]) await calls(keys, other).set('b');
    await server.call('SET', namesOf(written).value, 'theirs');
    await server.call('CONFIG', 'SET', 'maxmemory', '1mb');
    await until('it is out of memory', async () => (await codeOf(set('b'))) === 'LINK_LOST');
    expect(await get()).toEqual(state);
    await server.call('DEL', namesOf(deleted).value);
    expect((await calls(keys, deleted).get()).body).toBeUndefined();
    expect((await calls(keys, written).get()).body).toBe('theirs');
    expect((await del()).written).toBe(true);
    expect((await get()).body).toBeUndefined();
  });
});
