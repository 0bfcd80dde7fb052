import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../../../src/adapters/redis/connection/options.js';
import { describeRedis, rawClient } from '../../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../../support/redis/single.js';
import { until } from '../../../support/servers/until.js';
import { calls, freshRef, namesOf } from '../keys/support.js';
import { openWatchRoom, watching } from './support.js';

/** Longer than any test: what is seen before is not due to it. */
const never = 600_000;

describeRedis('watchers and other programs, with keyspace events', () => {
  let server: SingleServer;
  let at: Partial<ConnectionOptions>;
  beforeAll(async () => {
    server = await startSingle({ settings: { 'notify-keyspace-events': 'KA' } });
    at = { hosts: [{ host: server.host, port: server.port }] };
  });
  afterAll(() => server.stop());

  it('a foreign SET, EXPIRE, SET again, DEL, APPEND and RENAME are each seen', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const raw = rawClient(server.url);
    const ref = freshRef();
    const { value } = namesOf(ref);
    const seen = await watching(watches.watchKey(ref));
    await until('events arrive', async () => watches.eventsArrive === true);
    await raw.set(value, 'a');
    await seen.shows('a');
    expect(seen.last?.cause).toBe('set');
    await raw.pexpire(value, 40);
    await seen.shows(undefined);
    expect(seen.last?.cause).toBe('expire');
    await raw.set(value, 'b');
    await seen.shows('b');
    await raw.append(value, 'c');
    await seen.shows('bc');
    await raw.del(value);
    await seen.shows(undefined);
    expect(seen.last?.cause).toBe('delete');
    await raw.set(`${value}:other`, 'd');
    await raw.rename(`${value}:other`, value);
    await seen.shows('d');
    await raw.rename(value, `${value}:other`);
    await seen.shows(undefined);
    await calls(keys, ref).set('ours');
    await seen.shows('ours');
    seen.expectForward();
  });

  it('the last of many foreign writes at a stretch is seen, between writes of ours too', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const raw = rawClient(server.url);
    const ref = freshRef();
    const seen = await watching(watches.watchKey(ref));
    for (let round = 0; round < 30; round += 1) {
      await calls(keys, ref).set(`ours ${round}`);
      for (let n = 0; n < round % 4; n += 1) await raw.set(namesOf(ref).value, `theirs ${round} ${n}`);
      await raw.set(namesOf(ref).value, `theirs ${round}`);
      await seen.shows(`theirs ${round}`, 2_000);
    }
    seen.expectForward();
  });

  it('writes of our own are not read again because of their events', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    const seen = await watching(watches.watchKey(ref));
    const writer = await openWatchRoom({}, at);
    const before = await lookCalls(server);
    for (let n = 0; n < 100; n += 1) await calls(writer.keys, ref).set(`${n}`, { ttlMs: 60_000 });
    await seen.shows('99');
    // A machine that is busy may let an event wait for its message longer than we do.
    expect((await lookCalls(server)) - before).toBeLessThan(30);
    await calls(keys, ref).del();
  });

  it('a key of a prefix is seen too, and one of another scope is not', async () => {
    const { watches } = await openWatchRoom({ reconcileMs: never }, at);
    const raw = rawClient(server.url);
    const ref = freshRef('limits.a');
    const seen = await watching(watches.watchPrefix(ref, 'limits.'));
    await raw.set(namesOf(freshRef('limits.a')).value, 'other scope');
    await raw.set(namesOf({ ...ref, key: 'other' }).value, 'other key');
    await raw.set(namesOf(ref).value, 'a');
    await seen.shows('a');
    await raw.del(namesOf(ref).value);
    await seen.shows(undefined);
    expect(seen.changes.map(({ key }) => key.key)).toEqual(['limits.a', 'limits.a']);
  });

  it('another type at the key: the watcher keeps what it has and is stale, until the key is a value again', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const raw = rawClient(server.url);
    const ref = freshRef();
    const { value } = namesOf(ref);
    await calls(keys, ref).set('ours');
    const seen = await watching(watches.watchKey(ref));
    await raw.multi().del(value).rpush(value, 'theirs').exec();
    await until('it is stale', async () => seen.statuses.at(-1) === 'stale');
    expect(seen.body).toBe('ours');
    await raw.set(value, 'back');
    await seen.live();
    expect(seen.body).toBe('back');
    expect(seen.isOver).toBe(false);
  });

  it('FLUSHALL tells nobody: the next reading finds it, and revisions go on', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: 200 }, at);
    const ref = freshRef();
    const { set } = calls(keys, ref);
    await set('a');
    const seen = await watching(watches.watchKey(ref));
    const many = await watching(watches.watchPrefix(ref, ''));
    await server.call('FLUSHALL');
    await seen.shows(undefined);
    await many.shows(undefined);
    await set('b');
    await seen.shows('b');
    await many.shows('b');
    seen.expectForward();
    many.expectForward();
  });
});

describeRedis('watchers where keyspace events are off', () => {
  let server: SingleServer;
  let at: Partial<ConnectionOptions>;
  beforeAll(async () => {
    server = await startSingle();
    at = { hosts: [{ host: server.host, port: server.port }] };
  });
  afterAll(() => server.stop());

  it('find that out by a canary, and see a foreign write by the next reading', async () => {
    const { watches, events } = await openWatchRoom({ reconcileMs: 300 }, at);
    const ref = freshRef();
    const seen = await watching(watches.watchKey(ref));
    await until('the canary is in', async () => watches.eventsArrive === false);
    await rawClient(server.url).set(namesOf(ref).value, 'a');
    await seen.shows('a');
    await rawClient(server.url).del(namesOf(ref).value);
    await seen.shows(undefined);
    expect(await rawClient(server.url).config('GET', 'notify-keyspace-events')).toEqual(['notify-keyspace-events', '']);
    expect(events).toEqual([]);
  });

  it('see the end of a value in time', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    const seen = await watching(watches.watchKey(ref));
    // Many with a long life beside it: the server would come across this one late.
    const raw = rawClient(server.url);
    const filler = raw.pipeline();
    for (let n = 0; n < 20_000; n += 1) filler.set(`filler:${n}`, '1', 'PX', 600_000);
    await filler.exec();
    const { state } = await calls(keys, ref).set('a', { ttlMs: 250 });
    await seen.shows('a');
    await seen.shows(undefined);
    expect(Date.now() - (state.expiresAt ?? 0)).toBeLessThan(1_000);
    expect(Date.now()).toBeGreaterThan((state.expiresAt ?? 0) - 50);
    expect(seen.last?.cause).toBe('expire');
    await raw.pipeline(Array.from({ length: 20_000 }, (_, n) => ['unlink', `filler:${n}`])).exec();
  });

  it('see a time to live that was made shorter', async () => {
    const { watches, keys } = await openWatchRoom({ reconcileMs: never }, at);
    const ref = freshRef();
    await calls(keys, ref).set('a', { ttlMs: 600_000 });
    const seen = await watching(watches.watchKey(ref));
    keys.expire(ref, 50).subscribe();
    await seen.shows(undefined, 3_000);
    expect(seen.last?.cause).toBe('expire');
  });

  it('are told by events where these may be switched on, beside what others switched on', async () => {
    await server.call('CONFIG', 'SET', 'notify-keyspace-events', 'El');
    const { watches } = await openWatchRoom({ reconcileMs: never, keyspaceEvents: 'enable' }, at);
    const ref = freshRef();
    const seen = await watching(watches.watchKey(ref));
    await until('events arrive', async () => watches.eventsArrive === true);
    const [, flags] = (await server.call('CONFIG', 'GET', 'notify-keyspace-events')) as string[];
    expect([...(flags ?? '')].sort().join('')).toBe([...'KElg$xe'].sort().join(''));
    await rawClient(server.url).set(namesOf(ref).value, 'a');
    await seen.shows('a');
    await server.call('CONFIG', 'SET', 'notify-keyspace-events', '');
  });

  it('go on where CONFIG is forbidden, and say once what to do', async () => {
    await server.call('ACL', 'SETUSER', 'few', 'on', '>few', '~*', '&*', '+@all', '-config');
    const { watches, events } = await openWatchRoom({ reconcileMs: 300, keyspaceEvents: 'enable' }, { ...at, username: 'few', password: 'few' });
    const ref = freshRef();
    const seen = await watching(watches.watchKey(ref));
    await until('it was tried', async () => watches.eventsArrive === false && events.length > 0);
    await watching(watches.watchKey(freshRef()));
    expect(events).toMatchObject([{ type: 'unsafe-setting', setting: 'notify-keyspace-events' }]);
    await rawClient(server.url).set(namesOf(ref).value, 'a');
    await seen.shows('a');
  });

  it('do not ask for events that are not wanted', async () => {
    const { watches } = await openWatchRoom({ reconcileMs: 300, keyspaceEvents: 'off' }, at);
    const ref = freshRef();
    const seen = await watching(watches.watchKey(ref));
    expect(await server.call('PUBSUB', 'NUMPAT')).toBe(0);
    await rawClient(server.url).set(namesOf(ref).value, 'a');
    await seen.shows('a');
    expect(watches.eventsArrive).toBeUndefined();
  });
});

async function lookCalls(server: SingleServer): Promise<number> {
  return Number(/cmdstat_pttl:calls=(\d+)/.exec(String(await server.call('INFO', 'commandstats')))?.[1] ?? 0);
}
