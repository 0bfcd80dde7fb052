import { Long, ObjectId, type Db } from 'mongodb';
import { firstValueFrom, map, timer } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Chronow, isChronowError } from 'chronow';
import { ackOnComplete } from 'chronow/operators';
import { mongoBroker } from '../../../src/adapters/mongo/index.js';
import type { BrokerEvent } from '../../../src/port/events.js';
import type { Runtime } from '../../../src/port/runtime.js';
import { systemRuntime } from '../../../src/system-runtime.js';
import { describeMongo, freshDatabase, mongoUri, rawClient } from '../../support/mongo/shared.js';

/** What another program writes: ids of any kind. */
interface Foreign {
  readonly _id: string | ObjectId;
  readonly [field: string]: unknown;
}

interface Desk {
  readonly cw: Chronow;
  readonly db: Db;
  readonly events: readonly unknown[];
}

async function open(runtime: Runtime = systemRuntime(), database: string = freshDatabase()): Promise<Desk> {
  const broker = mongoBroker({ uri: mongoUri(), database, runtime });
  await firstValueFrom(broker.open());
  const cw = Chronow.over({ broker, runtime, config: { defaults: { maxPayloadBytes: 64_000_000, maxValueBytes: 64_000_000 } } });
  onTestFinished(() => cw.close());
  const events: BrokerEvent[] = [];
  broker.events$.subscribe({ next: (event) => { events.push(event); }, error: () => undefined });
  return { cw, db: rawClient().db(database), events };
}

/** The payloads of the next messages of `orders`, each acknowledged. */
async function next({ cw: { bus } }: Desk, count = 1): Promise<unknown[]> {
  const payloads: unknown[] = [];
  for await (const message of bus.consume('orders', 'billing')) {
    payloads.push(message.payload);
    await message.ack();
    if (payloads.length === count) break;
  }
  return payloads;
}

/** What a program without types passes. */
function untyped(json: string): never {
  const value: unknown = JSON.parse(json);
  if (isWhatIsAskedFor(value)) return value;
  throw new Error('it is');
}

function isWhatIsAskedFor(value: unknown): value is never {
  return value !== undefined;
}

describeMongo('bad input on MongoDB', () => {
  it('a payload and a value may have any keys', async () => {
    const desk = await open();
    const odd = { $set: { 'a.b': 1 }, 'x.y': { $ne: null }, $where: 'x' };
    await desk.cw.bus.ensureSubscription('orders', 'billing');
    await desk.cw.bus.publish('orders', odd);
    expect(await next(desk)).toEqual([odd]);
    await desk.cw.shared.set('$where.x', odd);
    expect(await desk.cw.shared.get('$where.x')).toEqual(odd);
  });

  it('what makes a document above 16 MB is refused at the call, and takes nothing of the same moment with it', { timeout: 60_000 }, async () => {
    const desk = await open();
    const { bus, shared } = desk.cw;
    const large = 'x'.repeat(17_000_000);
    await bus.ensureSubscription('orders', 'billing');
    const [one, other, two] = await Promise.allSettled([bus.publish('orders', 1), bus.publish('orders', large), bus.publish('orders', 2)]);
    expect([one.status, other, two.status]).toMatchObject(['fulfilled', { reason: { code: 'PAYLOAD_TOO_LARGE', retryable: false } }, 'fulfilled']);
    await expect(bus.publishBatch('orders', [{ payload: 3 }, { payload: large }])).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await expect(shared.set('large', large)).rejects.toMatchObject({ code: 'VALUE_TOO_LARGE' });
    expect(await next(desk, 2)).toEqual([1, 2]);
    expect(await bus.stats('orders')).toMatchObject({ subscriptions: [{ waiting: 0, leased: 0, dead: 0 }] });
  });

  describe('an object where a text is expected never becomes a query', () => {
    const object = '{ "$gt": "" }';
    const calls: readonly (readonly [string, (cw: Chronow) => unknown, string])[] = [
      ['a topic', ({ bus }) => bus.publish(untyped(object), 1), 'NAME_INVALID'],
      ['a subscription', ({ bus }) => bus.deleteSubscription('orders', untyped(object)), 'NAME_INVALID'],
      ['a subscription to consume', ({ bus }) => bus.consume('orders', untyped(object)), 'NAME_INVALID'],
      ['a tenant', ({ bus }) => bus.publish('orders', 1, untyped(`{ "tenantId": ${object} }`)), 'NAME_INVALID'],
      ['a namespace', ({ bus }) => bus.stats('orders', untyped(`{ "namespace": ${object} }`)), 'NAME_INVALID'],
      ['an idempotency key', ({ bus }) => bus.publish('orders', 1, untyped(`{ "idempotencyKey": ${object} }`)), 'OPTION_INVALID'],
      ['a message key', ({ bus }) => bus.publish('orders', 1, untyped(`{ "key": ${object} }`)), 'OPTION_INVALID'],
      ['a header', ({ bus }) => bus.publish('orders', 1, untyped(`{ "headers": { "correlationId": ${object} } }`)), 'HEADERS_INVALID'],
      ['a delay', ({ bus }) => bus.publish('orders', 1, untyped(`{ "delayMs": ${object} }`)), 'OPTION_INVALID'],
      ['a limit', ({ bus }) => bus.peek('orders', 'billing', untyped(`{ "limit": ${object} }`)), 'OPTION_INVALID'],
      ['another limit', ({ bus }) => bus.peekDlq('orders', untyped(object)), 'OPTION_INVALID'],
      ['the id of a dead letter', ({ bus }) => bus.redriveDlq('orders', untyped(`{ "ids": [${object}] }`)), 'OPTION_INVALID'],
      ['the id of a scheduled message', (cw) => cw.topic('orders').cancelScheduled(untyped(object)), 'OPTION_INVALID'],
      ['a shared key', ({ shared }) => shared.get(untyped(object)), 'NAME_INVALID'],
      ['a revision', ({ shared }) => shared.set('a', 1, untyped(`{ "expectedRevision": ${object} }`)), 'OPTION_INVALID'],
    ];
    it.each(calls)('%s', async (_what, call, code) => {
      const { cw } = await open();
      await cw.bus.ensureSubscription('orders', 'billing');
      await expect((async () => { await call(cw); })()).rejects.toMatchObject({ code });
    });
  });

  it('documents of others in every collection are in nobody\'s way: those among the pointers become dead letters, told with the reason', async () => {
    const desk = await open();
    const { cw: { bus, shared }, db, events } = desk;
    await bus.ensureSubscription('orders', 'billing');
    await shared.set('mine', 1);
    const [topic] = await db.collection('cw_topics').find().toArray();
    const t = String(topic?.['id']);
    const s = String(Reflect.get(Object(Reflect.get(Object(topic?.['subs']), 0)), 'id'));
    for (const name of ['cw_topics', 'cw_log', 'cw_deliv', 'cw_holds', 'cw_kv', 'cw_kv_versions', 'cw_meta', 'theirs']) await db.collection(name).insertOne({ hello: 1 });
    const foreign = new ObjectId();
    const pointer = { s, t, st: 0, at: new Date(0), n: 0 };
    await db.collection<Foreign>('cw_log').insertMany([
      { _id: new ObjectId(), t, q: 'x', ts: 5, b: { a: 1 } },
      { _id: `${t}-unreadable`, t, q: Long.fromNumber(77), ts: new Date(), b: { a: 1 } },
      { _id: `${t}-newer`, f: 2, t, q: 78, ts: new Date(), b: '1' },
    ]);
    await db.collection<Foreign>('cw_deliv').insertMany([
      { _id: foreign, s, st: 0, at: new Date(0) },
      { ...pointer, _id: `${s}:1`, q: 1, m: 5, n: 'x' },
      { ...pointer, _id: 'unreadable', q: 1, m: `${t}-unreadable` },
      { ...pointer, _id: 'newer', q: 78, m: `${t}-newer` },
      { _id: 'no state', s, st: 'x', at: 'y' },
    ]);
    await bus.publish('orders', 'ours');
    const begun = Date.now();
    expect(await next(desk)).toEqual(['ours']);
    // It does not wait for the next look by itself between two of them.
    expect(Date.now() - begun).toBeLessThan(3_500);
    const told = events.filter((event) => Reflect.get(Object(event), 'type') === 'dead-lettered').map((event) => `${String(Reflect.get(Object(event), 'id'))} ${String(Reflect.get(Object(event), 'reason'))}`);
    expect(told.sort()).toEqual([foreign.toHexString(), `${s}:1`, `${t}-unreadable`].map((id) => `${id} Undecodable`).sort());
    expect((await bus.peekDlq('orders', 10)).map(({ reason }) => reason)).toEqual(['Undecodable', 'Undecodable', 'Undecodable']);
    expect(await bus.stats('orders')).toMatchObject({ subscriptions: [{ dead: 3, leased: 0 }] });
    expect(await shared.get('mine')).toBe(1);
    expect(await bus.purge('orders')).toBeGreaterThanOrEqual(0);
    for (const name of ['cw_topics', 'cw_log', 'cw_deliv', 'cw_holds', 'cw_kv', 'cw_kv_versions', 'cw_meta']) expect(await db.collection(name).countDocuments({ hello: 1 })).toBe(1);
  });

  it('another document in the place of a topic or a value is told at the call, and stays', async () => {
    const { cw: { bus, shared }, db } = await open();
    await bus.ensureSubscription('orders', 'billing');
    await shared.set('mine', 1);
    // From now on there is room, and nobody counts before he publishes.
    await bus.publish('orders', 0);
    const calls = (): Promise<unknown>[] => [bus.publish('orders', 1), bus.stats('orders'), bus.peek('orders', 'billing', { limit: 1 }), bus.ensureTopic('orders'), bus.ensureSubscription('orders', 'billing')];
    const codes = async (): Promise<unknown[]> => (await Promise.allSettled(calls())).map((one) => (one.status === 'rejected' && isChronowError(one.reason) ? one.reason.code : one.status));
    const put = (change: object): Promise<unknown> => db.collection('cw_topics').updateOne({ name: 'orders' }, { $set: change });
    for (const [change, code] of [[{ f: 2 }, 'FORMAT_TOO_NEW'], [{ f: 'x' }, 'FOREIGN_VALUE'], [{ f: 1, subs: 'x' }, 'FOREIGN_VALUE'], [{ subs: [], limits: 5 }, 'FOREIGN_VALUE']] as const) {
      await put(change);
      expect(await codes(), JSON.stringify(change)).toEqual(Array.from({ length: 5 }, () => code));
      // It looks the topic up before, and takes what is published in the same turn along.
      await expect(bus.publish('orders', 1, { idempotencyKey: 'x' })).rejects.toMatchObject({ code });
    }
    await db.collection('cw_kv').updateOne({ b: '1' }, { $set: { f: 2 } });
    await expect(shared.get('mine')).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
    await expect(shared.set('mine', 2)).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
    await db.collection('cw_kv').updateOne({ b: '1' }, { $unset: { f: 1, v: 1 } });
    await expect(shared.get('mine')).rejects.toMatchObject({ code: 'FOREIGN_VALUE' });
    await expect(shared.set('mine', 2)).rejects.toMatchObject({ code: 'FOREIGN_VALUE' });
    expect(await db.collection('cw_kv').findOne()).toMatchObject({ b: '1' });
  });

  it.each([-3_600_000, 3_600_000])('a clock that is off by %d ms changes nothing: delays, leases and ends are the server\'s', { timeout: 60_000 }, async (offMs) => {
    const system = systemRuntime();
    const skewed: Runtime = Object.assign(systemRuntime(), { now: () => system.now() + offMs, at: (time: number, run: () => void) => system.at(time - offMs, run) });
    const database = freshDatabase();
    const one = await open(skewed, database);
    const other = await open(systemRuntime(), database);
    await one.cw.bus.ensureSubscription('orders', 'billing', { visibilityTimeoutMs: 1_500 });
    await one.cw.bus.publish('orders', 'now');
    expect(await next(other)).toEqual(['now']);
    await other.cw.bus.publish('orders', 'later', { delayMs: 500 });
    expect(await next(one)).toEqual(['later']);
    await one.cw.bus.publish('orders', 'later still', { delayMs: 500 });
    expect(await next(other)).toEqual(['later still']);
    await one.cw.shared.set('short', 1, { hotTtlSeconds: 3_000 });
    expect([await one.cw.shared.get('short'), await other.cw.shared.get('short')]).toEqual([1, 1]);
    await one.cw.bus.publish('orders', 'held');
    // Longer than a lease: it is renewed.
    const held = one.cw.topic('orders').subscription('billing').pipe(ackOnComplete(({ payload }) => timer(4_500).pipe(map(() => payload))));
    expect(await firstValueFrom(held)).toMatchObject({ kind: 'acked', value: 'held' });
    expect(await other.cw.bus.stats('orders')).toMatchObject({ subscriptions: [{ waiting: 0, delayed: 0, leased: 0, dead: 0 }] });
  });
});
