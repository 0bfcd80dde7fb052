import { firstValueFrom } from 'rxjs';
import type { Db } from 'mongodb';
import { expect, onTestFinished, test } from 'vitest';
import { mongoWarmStore } from '../../../../src/adapters/mongo/warm/warm-store.js';
import type { BrokerEvent } from '../../../../src/port/events.js';
import type { SettledDelivery, WarmStore } from '../../../../src/port/warm-store.js';
import { describeMongo, freshDatabase, mongoUri, rawClient } from '../../../support/mongo/shared.js';
import { ask, messageOf, topic } from '../../../support/warm/sentences.js';
import { indexesOf } from './support.js';

function scene(): { readonly store: WarmStore; readonly db: Db; readonly events: BrokerEvent[] } {
  const database = freshDatabase();
  const events: BrokerEvent[] = [];
  const store = mongoWarmStore({ others: { uri: mongoUri(), database }, report: (event) => { events.push(event); } });
  onTestFinished(() => firstValueFrom(store.close()));
  return { store, db: rawClient().db(database), events };
}

const settledAt = 1_800_000_000_000;

function settled(id: string, more: Partial<SettledDelivery> = {}): SettledDelivery {
  return { id, attempt: 1, status: 'ack', consumer: 'worker', reason: undefined, settledAt, ...more };
}

function save(store: WarmStore, deliveries: readonly SettledDelivery[]): Promise<unknown> {
  return ask(store.saveDeliveries({ ...topic, subscription: 's' }, deliveries, 30));
}

describeMongo('deliveries in the warm store', () => {
  test('are documents of chronos-db 2.3, and a date on which they end', async () => {
    const { store, db } = scene();
    await save(store, [settled('1-0'), settled('2-0', { status: 'nack', reason: 'Timeout' }), settled('2-0', { attempt: 2, status: 'nack', reason: 'Timeout' }), settled('3-0', { attempt: 5, status: 'dead', reason: 'MaxDeliveries' })]);
    await ask(store.saveDeliveries({ ...topic, namespace: 'shop', subscription: 's' }, [settled('1-0')], undefined));
    const of = { _id: expect.objectContaining({ _bsontype: 'ObjectId' }) as unknown, tenantId: 'default', topic: 't', subscription: 's', consumerId: 'worker', ts: new Date(settledAt), expiresAt: expect.any(Date) as unknown };
    const { expiresAt: _ends, ...forEver } = of;
    expect(await db.collection('deliveries').find().sort({ topic: -1, msgId: 1, attempt: 1 }).toArray()).toEqual([
      { ...of, msgId: '1-0', attempt: 1, status: 'ack' },
      { ...of, msgId: '2-0', attempt: 1, status: 'nack', reason: 'Timeout' },
      { ...of, msgId: '2-0', attempt: 2, status: 'nack', reason: 'Timeout' },
      { ...of, msgId: '3-0', attempt: 5, status: 'dead', reason: 'MaxDeliveries' },
      { ...forEver, topic: 'shop/t', msgId: '1-0', attempt: 1, status: 'ack' },
    ]);
    const ends = await db.collection('deliveries').findOne({ topic: 't' });
    expect(Math.abs(Number(ends?.['expiresAt']) - Date.now() - 30 * 86_400_000)).toBeLessThan(600_000);
  });

  test('have exactly the indexes of chronos-db, and one for their end; the other collections are not made for them', async () => {
    const { store, db } = scene();
    await save(store, [settled('a')]);
    expect(await indexesOf(db, 'deliveries')).toEqual({
      deliveries_unique: { keys: { tenantId: 1, topic: 1, subscription: 1, msgId: 1, attempt: 1 }, unique: true },
      deliveries_msg: { keys: { tenantId: 1, topic: 1, msgId: 1 } },
      deliveries_time: { keys: { ts: -1 } },
      cw_expiry: { keys: { expiresAt: 1 }, expireAfterSeconds: 0 },
    });
    expect((await db.listCollections().toArray()).map(({ name }) => name)).toEqual(['deliveries']);
  });

  test('have no collection where nobody asked for them', async () => {
    const { store, db } = scene();
    await ask(store.saveMessages(topic, [messageOf('1-0', 1_000)], 30));
    expect((await db.listCollections().toArray()).map(({ name }) => name).sort()).toEqual(['dead_letters', 'messages', 'shared_memory', 'topics']);
  });

  test('meet themselves when they are written again, alone or among others, and with their index or without', async () => {
    for (const isIndexed of [true, false]) {
      const { store, db } = scene();
      await save(store, [settled('a'), settled('b')]);
      if (!isIndexed) await db.collection('deliveries').dropIndex('deliveries_unique');
      const before = await db.collection('deliveries').find().sort({ msgId: 1 }).toArray();
      expect(await save(store, [settled('a')])).toBeUndefined();
      expect(await save(store, [settled('b'), settled('c'), settled('a'), settled('c')])).toBeUndefined();
      expect(await db.collection('deliveries').find({ msgId: { $ne: 'c' } }).sort({ msgId: 1 }).toArray()).toEqual(before);
      expect(await db.collection('deliveries').countDocuments()).toBe(3);
    }
  });

  test('replace an earlier end of the same attempt, whoever wrote it, and not a later one', async () => {
    const { store, db } = scene();
    const of = { tenantId: 'default', topic: 't', subscription: 's', attempt: 1, status: 'pending' };
    await db.collection('deliveries').insertMany([{ ...of, msgId: 'a', ts: new Date(settledAt - 1), reason: 'theirs' }, { ...of, msgId: 'b', ts: new Date(settledAt + 1) }]);
    await save(store, [settled('a'), settled('b')]);
    const [a, b] = await db.collection('deliveries').find().sort({ msgId: 1 }).toArray();
    expect([a, b]).toMatchObject([{ msgId: 'a', status: 'ack', ts: new Date(settledAt) }, { msgId: 'b', status: 'pending' }]);
    expect(a).not.toHaveProperty('reason');
  });

  test('are written without an index that cannot be made, and that is said', async () => {
    const { store, db, events } = scene();
    await db.command({ createIndexes: 'deliveries', indexes: [{ key: { other: 1 }, name: 'deliveries_time' }] });
    expect(await save(store, [settled('a')])).toBeUndefined();
    expect(events).toMatchObject([{ type: 'unsafe-setting', setting: 'warm index deliveries.deliveries_time' }]);
    expect(Object.keys(await indexesOf(db, 'deliveries'))).toContain('cw_expiry');
    expect(await db.collection('deliveries').countDocuments()).toBe(1);
  });
});
