import { describe, expect, onTestFinished, test } from 'vitest';
import { Chronow, isChronowError } from 'chronow';
import { describeMongo, freshDatabase, mongoUri, rawClient } from '../support/mongo/shared.js';
import type { Member } from '../support/mongo/member.js';
import { freshNamespace } from '../support/redis/shared.js';
import { until } from '../support/servers/until.js';
import { hotTiers, ownServer, scene } from './support/warm-scene.js';

describeMongo('the warm tier in MongoDB', () => {
  describe.each(hotTiers)('behind $name', ({ name, config }) => {
    test('has a value that the hot tier lost, which is hot again then', async () => {
      const { cw } = await scene(config());
      await cw.shared.set('limit', { n: 1 }, { hotTtlSeconds: 1, warm: { persist: 'required' } });
      await until('it is hot no more', async () => !await cw.shared.exists('limit'));
      expect([await cw.shared.get('limit'), await cw.shared.exists('limit')]).toEqual([{ n: 1 }, true]);
      expect(await cw.shared.get('never')).toBeNull();
    });

    test('has the history of a value, newest first, and closes it', async () => {
      const { cw } = await scene(config(), { persist: 'required', upsertStrategy: 'append', maxVersions: 3 });
      for (const n of [1, 2, 3, 4]) await cw.shared.set('limit', n);
      expect((await cw.shared.history('limit')).map(({ value }) => value)).toEqual([4, 3, 2]);
      await cw.shared.del('limit', { tombstone: true });
      expect((await cw.shared.history('limit')).map(({ value, isDeletion }) => (isDeletion ? 'closed' : value))).toEqual(['closed', 4, 3, 2]);
      await expect(cw.shared.set('limit', 5)).rejects.toMatchObject({ code: 'KEY_CLOSED' });
      await cw.shared.set('other', 1);
      await cw.shared.del('other');
      expect([await cw.shared.history('other'), await cw.shared.get('other')]).toEqual([[], null]);
    });

    test('has messages and dead letters', async () => {
      const { cw } = await scene(config(), { persist: true });
      await cw.bus.ensureSubscription('orders', 's', { maxDeliveries: 1 });
      const id = await cw.bus.publish('orders', { a: 1 }, { persistWarmCopy: 'required', headers: { type: 'x' } });
      for await (const message of cw.bus.consume('orders', 's')) {
        await message.deadLetter('Rejected');
        break;
      }
      await until('both are copied', async () => cw.shared.warmCounts.saved >= 2);
      expect(cw.shared.warmCounts).toMatchObject({ failed: 0, waiting: 0 });
      expect(id).not.toBe('');
    });

    test('replays what the topic retains no more into one subscription, with what it still has, each once and as it was', async () => {
      const { cw } = await scene(config(), { persist: 'required' });
      for (const name of ['s', 'other']) await cw.bus.ensureSubscription('orders', name, { order: 'key' });
      const taken = async (count: number): Promise<unknown[]> => {
        const found: unknown[] = [];
        for await (const message of cw.bus.consume('orders', 's')) {
          await message.ack();
          if (found.push([message.id, message.payload, message.headers['type'], message.key]) === count) break;
        }
        return found;
      };
      const publish = async (n: number): Promise<void> => { await cw.bus.publish('orders', { n }, { key: 'k', headers: { type: `t${n}` } }); };
      for (const n of [1, 2, 3]) await publish(n);
      const first = await taken(3);
      await cw.bus.purge('orders');
      await publish(4);
      const found = [...first, ...(await taken(1))];
      expect(await cw.bus.replay('orders', 's')).toBe(4);
      // Again at once: nothing is doubled.
      expect(await cw.bus.replay('orders', 's')).toBe(4);
      expect(await taken(4)).toEqual(found);
      const { subscriptions } = await cw.bus.stats('orders');
      expect(new Map(subscriptions.map(({ name: who, waiting, leased, dead }) => [who, [waiting, leased, dead]]))).toEqual(new Map([['s', [0, 0, 0]], ['other', [1, 0, 0]]]));
    });

    test('gets what was published and set while it was away, and says so', async () => {
      const server = await ownServer();
      const { cw, events } = await scene(config(), { persist: true, upsertStrategy: 'append' }, server.uri);
      await cw.shared.set('limit', 0, { warm: { persist: 'required' } });
      await server.kill9();
      for (const n of [1, 2, 3]) await cw.shared.set('limit', n);
      await cw.bus.publish('orders', 1);
      await expect(cw.shared.get('not hot')).rejects.toMatchObject({ code: 'WARM_FAILED' });
      await until('a failed try is reported', async () => events.some(({ type }) => type === 'warm-retried'), 20_000);
      expect([await cw.shared.get('limit'), cw.shared.warmCounts.waiting > 0]).toEqual([3, true]);
      await server.start();
      await until('everything is there', async () => cw.shared.warmCounts.waiting === 0, 40_000);
      expect((await cw.shared.history('limit')).map(({ value }) => value)).toEqual([3, 2, 1, 0]);
      expect(events.filter(({ type }) => type === 'warm-failed')).toEqual([]);
    }, 90_000);

    // The embedded hot tier ends with its process.
    test.skipIf(name === 'embedded')('finishes a deletion that the process which began it did not', async () => {
      const server = await ownServer();
      const { cw, another, events } = await scene(config(), { persist: true }, server.uri);
      await cw.shared.set('limit', 1, { warm: { persist: 'required' } });
      await server.kill9();
      await cw.shared.del('limit');
      // What it could not copy is reported, not forgotten.
      await cw.close({ deadlineMs: 0 });
      expect(events.filter(({ type }) => type === 'warm-failed')).toMatchObject([{ work: 'delete' }]);
      await server.start();
      const next = await another();
      expect(await next.shared.get('limit')).toBeNull();
      await until('the deletion is there', async () => (await rawClient(server.uri).db((await databasesOf(server)).at(-1) ?? '').collection('shared_memory').countDocuments({ 'cw.end': 'deleted' })) === 1, 20_000);
    }, 90_000);
  });

  test('is none of a tenant that is not listed', async () => {
    const dbName = freshDatabase();
    const cw = await Chronow.init({ url: 'memory:', chronos: { config: { dbConnections: { m: { mongoUri: mongoUri() } }, databases: { messaging: { tenantDatabases: [{ tenantId: 'a', dbConnRef: 'm', dbName }] } } } } });
    onTestFinished(() => cw.close({ deadlineMs: 0 }));
    await expect(cw.shared.set('k', 1, { tenantId: 'b', warm: { persist: 'required' } })).rejects.toMatchObject({ code: 'WARM_FAILED', cause: { code: 'UNKNOWN_TENANT' } });
    expect(await cw.shared.set('k', 1, { tenantId: 'a', warm: { persist: 'required' } })).toBeGreaterThan(0);
  });

  test('is in chronos_messaging_default where only MONGO_URI is named', async () => {
    const cw = await Chronow.init({ url: 'memory:', mongo: { uri: mongoUri() }, namespace: freshNamespace() });
    onTestFinished(() => cw.close());
    const key = freshNamespace();
    await cw.shared.set(key, 1, { warm: { persist: 'required' } });
    expect(await rawClient().db('chronos_messaging_default').collection('shared_memory').countDocuments({ key })).toBe(1);
  });

  test('says at once that an address is none', async () => {
    const error: unknown = await Chronow.init({ url: 'memory:', mongo: { uri: 'mongodb://user:secret@:0/?replicaSet' } }).catch((reason: unknown) => reason);
    expect([isChronowError(error, 'CONFIG_INVALID'), String(error).includes('secret')]).toEqual([true, false]);
  });
});

async function databasesOf(server: Member): Promise<readonly string[]> {
  const { databases } = await rawClient(server.uri).db().admin().listDatabases();
  return databases.map(({ name }) => name).filter((name) => name.startsWith('t'));
}
