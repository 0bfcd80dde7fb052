import { firstValueFrom } from 'rxjs';
import type { Db, MongoClient } from 'mongodb';
import { expect, onTestFinished, test } from 'vitest';
import { mongoWarmStore } from '../../../../src/adapters/mongo/warm/warm-store.js';
import type { BrokerEvent } from '../../../../src/port/events.js';
import type { WarmStore } from '../../../../src/port/warm-store.js';
import { describeMongo, freshDatabase, mongoUri, rawClient } from '../../../support/mongo/shared.js';
import { startMember } from '../../../support/mongo/member.js';
import { ask, key, messageOf, topic } from '../../../support/warm/sentences.js';
import { indexesOf } from './support.js';

function scene(): { readonly store: WarmStore; readonly another: () => WarmStore; readonly db: Db; readonly events: BrokerEvent[] } {
  const database = freshDatabase();
  const events: BrokerEvent[] = [];
  const another = (): WarmStore => {
    const store = mongoWarmStore({ others: { uri: mongoUri(), database }, report: (event) => { events.push(event); } });
    onTestFinished(() => firstValueFrom(store.close()));
    return store;
  };
  return { store: another(), another, db: rawClient().db(database), events };
}

function save(store: WarmStore, body: string, revision: number, strategy: 'append' | 'latest' = 'append', maxVersions?: number): Promise<unknown> {
  return ask(store.saveValue({ key, body, revision, strategy, retentionDays: 30, maxVersions }));
}

describeMongo('the documents of the warm store', () => {
  test('are those of chronos-db 2.3, and a date on which they end', async () => {
    const { store, db } = scene();
    await save(store, '{"limit":100}', 5, 'latest');
    await save(store, '{"limit":200}', 6, 'append');
    await ask(store.saveMessages(topic, [messageOf('1-0', 1_000, { headers: { type: 'x' }, body: '{"a":1}' })], 30));
    await ask(store.saveDeadLetter({ ...topic, subscription: 's' }, { message: messageOf('1-0', 1_000, { body: '{"a":1}' }), subscription: 's', deliveryCount: 3, history: [{ reason: 'MaxDeliveries', deadAt: 2_000, deliveryCount: 3 }] }, 30));
    const date: unknown = expect.any(Date);
    const _id: unknown = expect.objectContaining({ _bsontype: 'ObjectId' });
    const of = { _id, tenantId: 'default', namespace: 'default', key: 'k', createdAt: date, updatedAt: date, expiresAt: date };
    expect(await db.collection('shared_memory').find().sort({ updatedAt: 1, version: 1 }).toArray()).toEqual([
      { ...of, val: { limit: 100 }, strategy: 'latest', cw: { f: 1, rev: 5 } },
      { ...of, val: { limit: 200 }, strategy: 'append', version: 0, cw: { f: 1, rev: 6 } },
    ]);
    expect(await db.collection('topics').find().toArray()).toEqual([{ _id, tenantId: 'default', topic: 't', shards: 1, createdAt: date }]);
    expect(await db.collection('messages').find().toArray()).toEqual([
      { _id, tenantId: 'default', topic: 't', msgId: '1-0', headers: { type: 'x' }, payload: { a: 1 }, firstSeenAt: new Date(1_000), size: 7, expiresAt: date, cw: { f: 1 } },
    ]);
    expect(await db.collection('dead_letters').find().toArray()).toEqual([
      { _id, tenantId: 'default', topic: 't', msgId: '1-0', subscription: 's', payload: { a: 1 }, deliveries: 3, failedAt: new Date(2_000), reason: 'MaxDeliveries', expiresAt: date, cw: { f: 1, publishedAt: new Date(1_000), history: [{ reason: 'MaxDeliveries', deadAt: 2_000, deliveryCount: 3 }] } },
    ]);
  });

  test('have exactly the indexes of chronos-db, and one for their end', async () => {
    const { store, db } = scene();
    await save(store, '1', 1);
    const cw_expiry = { keys: { expiresAt: 1 }, expireAfterSeconds: 0 };
    expect(await indexesOf(db, 'shared_memory')).toEqual({
      shared_latest_unique: { keys: { tenantId: 1, namespace: 1, key: 1, strategy: 1 }, unique: true, partialFilterExpression: { strategy: 'latest' } },
      shared_append_history: { keys: { tenantId: 1, namespace: 1, key: 1, version: -1 } },
      shared_updated: { keys: { updatedAt: -1 } },
      cw_expiry,
    });
    expect(await indexesOf(db, 'topics')).toEqual({ topics_unique: { keys: { tenantId: 1, topic: 1 }, unique: true } });
    expect(await indexesOf(db, 'messages')).toEqual({
      messages_unique: { keys: { tenantId: 1, topic: 1, msgId: 1 }, unique: true },
      messages_time: { keys: { firstSeenAt: -1 } },
      messages_topic_time: { keys: { tenantId: 1, topic: 1, firstSeenAt: -1 } },
      cw_expiry,
    });
    expect(await indexesOf(db, 'dead_letters')).toEqual({
      dlq_lookup: { keys: { tenantId: 1, topic: 1, msgId: 1 } },
      dlq_time: { keys: { failedAt: -1 } },
      dlq_topic_time: { keys: { tenantId: 1, topic: 1, failedAt: -1 } },
      cw_expiry,
    });
  });

  test('read as null in chronos-db where the value was deleted or closed', async () => {
    const { store, db } = scene();
    await save(store, '1', 1, 'latest');
    await ask(store.deleteValue(key, { revision: 2, keepHistory: false, retentionDays: 30 }));
    expect(await db.collection('shared_memory').find().toArray()).toMatchObject([{ strategy: 'latest', val: null, cw: { end: 'deleted' } }]);
    await ask(store.deleteValue(key, { revision: 3, keepHistory: true, retentionDays: 30 }));
    expect(await db.collection('shared_memory').find().toArray()).toMatchObject([{ strategy: 'append', version: 0, val: null, cw: { end: 'closed' } }]);
  });

  test('that chronos-db wrote are read: of both strategies the newer one', async () => {
    const { store, db } = scene();
    const of = { tenantId: 'default', namespace: 'default', key: 'k', createdAt: new Date(1), updatedAt: new Date(1) };
    const foreign = db.collection('shared_memory');
    await foreign.insertMany([{ ...of, val: { n: 0 }, strategy: 'append', version: 0 }, { ...of, val: { n: 1 }, strategy: 'append', version: 1, updatedAt: new Date(3) }, { ...of, val: 'odd', strategy: 'append', version: '7' }]);
    expect(await ask(store.loadValue(key))).toEqual({ body: '{"n":1}', version: 1, revision: 0, writtenAt: 3, expiresAt: undefined });
    await save(store, '"ours"', 9);
    expect(await ask(store.valueHistory(key, 10))).toMatchObject([{ body: '"ours"', version: 2, revision: 9 }, { body: '{"n":1}' }, { body: '{"n":0}' }]);
    // A later one of theirs does not make ours forgotten: what is late stays late.
    await foreign.insertOne({ ...of, val: 'theirs', strategy: 'append', version: 3, updatedAt: new Date(Date.now() + 1_000) });
    await save(store, '"late"', 8);
    expect(await ask(store.valueHistory(key, 1))).toMatchObject([{ body: '"theirs"', version: 3 }]);
    await db.collection('messages').insertOne({ tenantId: 'default', topic: 't', msgId: 'm', payload: { n: 1 }, firstSeenAt: new Date(5), size: 7 });
    expect(await ask(store.readMessages({ topic, from: 0, to: 9, max: 9 }))).toEqual([messageOf('m', 5, { body: '{"n":1}' })]);
  });

  test('keep every version, numbered without a gap, where many processes write one key at once', async () => {
    const { another, db } = scene();
    const stores = [another(), another(), another(), another()];
    await Promise.all(Array.from({ length: 40 }, (_, index) => save(stores[index % 4] ?? another(), String(index), index + 1)));
    const found = await db.collection('shared_memory').find().sort({ version: 1 }).toArray();
    const revisions = found.map(({ cw }) => Number(Reflect.get(Object(cw), 'rev')));
    expect(found.map(({ version }) => Number(version))).toEqual(revisions.map((_, index) => index));
    expect(revisions).toEqual([...revisions].sort((one, other) => one - other));
    expect(revisions.at(-1)).toBe(40);
  });

  test('end at the newest, whoever comes last', async () => {
    const { another, db } = scene();
    const stores = [another(), another(), another()];
    await Promise.all(Array.from({ length: 30 }, (_, index) => save(stores[index % 3] ?? another(), String(index), ((index * 7) % 30) + 1, 'latest')));
    expect(await db.collection('shared_memory').find().toArray()).toMatchObject([{ cw: { rev: 30 } }]);
  });

  test('of a write that came while the key was deleted are not shown, and make room', async () => {
    const { store, db } = scene();
    await save(store, '1', 1);
    await ask(store.deleteValue(key, { revision: 5, keepHistory: false, retentionDays: 30 }));
    // As a process leaves it that had looked before the deletion.
    const of = { tenantId: 'default', namespace: 'default', key: 'k', createdAt: new Date(), updatedAt: new Date(), strategy: 'append' };
    await db.collection('shared_memory').insertOne({ ...of, val: 'zombie', version: 0, cw: { f: 1, rev: 4 } });
    expect([await ask(store.loadValue(key)), await ask(store.valueHistory(key, 5))]).toMatchObject([{ body: undefined, revision: 5 }, []]);
    await save(store, '6', 6);
    expect(await ask(store.valueHistory(key, 5))).toMatchObject([{ body: '6' }]);
    await db.collection('shared_memory').insertOne({ ...of, val: 'zombie', version: 7, cw: { f: 1, rev: 3 } });
    await save(store, '7', 7);
    expect(await ask(store.valueHistory(key, 5))).toMatchObject([{ body: '7' }, { body: '6' }]);
  });

  test('of a newer format are refused, and left', async () => {
    const { store, db } = scene();
    await save(store, '1', 1);
    await db.collection('shared_memory').updateMany({}, { $set: { 'cw.f': 2 } });
    expect([await ask(store.loadValue(key)), await save(store, '2', 2)]).toEqual(['FORMAT_TOO_NEW', 'FORMAT_TOO_NEW']);
    expect(await db.collection('shared_memory').countDocuments({ 'cw.f': 2 })).toBe(1);
  });

  test('are found along an index, also the pages of a long topic', async () => {
    const { store, db } = scene();
    await ask(store.saveMessages(topic, Array.from({ length: 300 }, (_, index) => messageOf(String(1_000 + index), index)), 30));
    await db.command({ profile: 2 });
    onTestFinished(async () => { await db.command({ profile: 0 }); });
    await save(store, '1', 1);
    await save(store, '2', 2, 'latest');
    await ask(store.valueHistory(key, 10));
    expect(await ask(store.readMessages({ topic, from: 100, to: 200, after: '1150', max: 10 }))).toHaveLength(10);
    const work = await db.collection('system.profile').find({ op: { $in: ['query', 'update', 'remove', 'getmore'] }, ns: { $not: /system\.profile/ } }).toArray();
    expect(work.length).toBeGreaterThan(6);
    for (const { planSummary, keysExamined, docsExamined, command } of work) expect([String(planSummary), Number(keysExamined) <= 25, Number(docsExamined) <= 25], JSON.stringify(command)).toEqual([expect.stringMatching(/^(?:IXSCAN|IDHACK)/), true, true]);
  });

  test('are written without the indexes that cannot be made, and that is said', async () => {
    const { store, db, events } = scene();
    await db.command({ createIndexes: 'shared_memory', indexes: [{ key: { other: 1 }, name: 'shared_updated' }] });
    expect(await save(store, '1', 1)).toBeUndefined();
    expect(events).toMatchObject([{ type: 'unsafe-setting', setting: 'warm index shared_memory.shared_updated' }]);
    expect(Object.keys(await indexesOf(db, 'shared_memory'))).toContain('cw_expiry');
  });
});

describeMongo('the tenants of the warm store', () => {
  test('have a database each, one connection a deployment, and others are unknown', async () => {
    const [one, two] = [freshDatabase(), freshDatabase()];
    const store = mongoWarmStore({ tenants: new Map([['a', { uri: mongoUri(), database: one }], ['b', { uri: mongoUri(), database: two }]]) });
    onTestFinished(() => firstValueFrom(store.close()));
    for (const tenantId of ['a', 'b']) await ask(store.saveValue({ key: { ...key, tenantId }, body: JSON.stringify(tenantId), revision: 1, strategy: 'latest', retentionDays: undefined, maxVersions: undefined }));
    const client: MongoClient = rawClient();
    expect([await client.db(one).collection('shared_memory').find().toArray(), await client.db(two).collection('shared_memory').find().toArray()]).toMatchObject([[{ tenantId: 'a', val: 'a' }], [{ tenantId: 'b', val: 'b' }]]);
    expect([await ask(store.loadValue(key)), await ask(store.loadValue({ ...key, tenantId: 'constructor' }))]).toEqual(['UNKNOWN_TENANT', 'UNKNOWN_TENANT']);
  });

  test('that were away when they were first needed are reached once they are back', async () => {
    const server = await startMember();
    onTestFinished(() => server.stop());
    await server.kill9();
    const store = mongoWarmStore({ others: { uri: server.uri, database: 'x' } });
    onTestFinished(() => firstValueFrom(store.close()));
    expect(await Promise.all([ask(store.loadValue(key)), save(store, '1', 1)])).toEqual(['LINK_LOST', 'LINK_LOST']);
    await server.start();
    expect([await save(store, '1', 1), await ask(store.loadValue(key))]).toMatchObject([undefined, { body: '1' }]);
  }, 90_000);

  test('that cannot be reached are told as a lost link, without the password', async () => {
    const store = mongoWarmStore({ others: { uri: 'mongodb://user:secret@127.0.0.1:1/?serverSelectionTimeoutMS=50', database: 'x' } });
    onTestFinished(() => firstValueFrom(store.close()));
    const error: unknown = await firstValueFrom(store.loadValue(key)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'LINK_LOST', retryable: true });
    expect(String(error)).not.toContain('secret');
  }, 30_000);
});
