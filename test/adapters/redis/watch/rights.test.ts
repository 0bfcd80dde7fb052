import { afterAll, beforeAll, expect, it } from 'vitest';
import { leastRights } from '../../../../src/adapters/redis/connection/commands.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../../support/redis/single.js';
import { addUser } from '../../../support/redis/users.js';
import { calls, freshRef, namesOf } from '../keys/support.js';
import { Seen } from '../../../support/watching/seen.js';
import { openWatchRoom, watching, type WatchRoom } from './support.js';

describeRedis('watchers of a user with few rights', () => {
  let server: SingleServer;
  beforeAll(async () => { server = await startSingle({ settings: { 'notify-keyspace-events': 'KA' } }); });
  afterAll(() => server.stop());

  const openAs = async (rules: readonly string[], reconcileMs: number): Promise<WatchRoom> => {
    const { username, password } = await addUser(server, [...leastRights(), '~cw:*', '~{cw:*', ...rules]);
    return openWatchRoom({ reconcileMs }, { hosts: [{ host: server.host, port: server.port }], username, password });
  };

  it('need one pattern for keys, and for a prefix and for events one a scope, literally', async () => {
    const ref = freshRef();
    const scope = `cw:${ref.tenantId}:${ref.namespace}:sm:*`;
    const { watches, keys } = await openAs(['&cw:*', `&${scope}`, `&__keyspace@0__:${scope}`], 600_000);
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, 'fraud'))];
    await calls(keys, ref).set('ours', { ttlMs: 60_000, keepVersions: 2 });
    for (const one of seen) await one.shows('ours');
    await server.call('SET', namesOf(ref).value, 'theirs');
    for (const one of seen) await one.shows('theirs');
    await calls(keys, ref).del('closed');
    for (const one of seen) await one.shows(undefined);
  });

  it('see foreign writes by reading where events are not allowed to them', async () => {
    const ref = freshRef();
    const { watches, keys } = await openAs(['&cw:*'], 300);
    const seen = await watching(watches.watchKey(ref));
    await calls(keys, ref).set('ours');
    await seen.shows('ours');
    await server.call('SET', namesOf(ref).value, 'theirs');
    await seen.shows('theirs');
    expect(watches.eventsArrive).toBeUndefined();
  });

  it('see what is stored, late and never live, where the pattern of the scope is not allowed to them', { timeout: 30_000 }, async () => {
    const ref = freshRef();
    const { watches, keys } = await openAs(['&cw:*'], 300);
    await calls(keys, ref).set('a');
    const seen = new Seen(watches.watchPrefix(ref, ''));
    await seen.shows('a');
    await calls(keys, ref).set('b');
    await seen.shows('b');
    expect(seen.statuses).toEqual(['stale']);
    expect(seen.isOver).toBe(false);
  });
});
