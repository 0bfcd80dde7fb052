import type { Db, Document } from 'mongodb';
import { NEVER } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { mongoBroker } from '../../../src/adapters/mongo/index.js';
import type { Broker } from '../../../src/port/broker.js';
import type { Claimed, SettleAction } from '../../../src/port/lease.js';
import { describeMongo, freshDatabase, mongoUri, rawClient } from '../../support/mongo/shared.js';
import { since5 } from '../../support/mongo/since-5.js';
import { ask, limits, message, orders, policy } from './topics/support.js';

/** What the server writes down of every command: its plan, and what it had to look at. */
interface Profiled {
  readonly op: string;
  readonly ns: string;
  readonly planSummary?: string;
  readonly hasSortStage?: boolean;
  readonly keysExamined?: number;
  readonly docsExamined?: number;
  readonly nreturned?: number;
  readonly command: Document;
}

async function profiled(serverNow: boolean): Promise<{ readonly broker: Broker; readonly db: Db }> {
  const database = freshDatabase();
  const db = rawClient().db(database);
  const broker = mongoBroker({ uri: mongoUri(), database, probes: { serverNow } });
  onTestFinished(async () => { await ask(broker.close()).catch(() => undefined); });
  await new Promise<void>((resolve, reject) => { broker.open().subscribe({ complete: resolve, error: reject }); });
  await db.createCollection('system.profile', { capped: true, size: 64_000_000 });
  await db.command({ profile: 2 });
  return { broker, db };
}

async function profileOf(db: Db): Promise<readonly Profiled[]> {
  await db.command({ profile: 0 });
  const all = await db.collection('system.profile').find<Profiled & Document>({}).toArray();
  return all.filter(({ ns, op }) => /\.cw_/.test(ns) && op !== 'insert');
}

interface Hand {
  take(max: number): Promise<readonly Claimed[]>;
  end(action: SettleAction, claimed: readonly Claimed[], delayMs?: number): Promise<void>;
}

async function hand(broker: Broker, subscription: string): Promise<Hand> {
  const link = await ask(broker.deliveries.attach({ ...orders, subscription }, { consumerId: `c-${subscription}`, consumerName: 'c' }));
  return {
    take: async (max) => (await ask(link.claim({ max, until$: NEVER }))).deliveries,
    end: async (action, claimed, delayMs) => { await ask(link.settle(claimed.map(({ token }) => ({ token, action, delayMs })))); },
  };
}

async function subscribe(broker: Broker, subscription: string, named: Partial<typeof policy>): Promise<void> {
  await ask(broker.topics.ensureSubscription({ subscription: { ...orders, subscription }, policy: named, defaults: policy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'test' }));
}

async function publish(broker: Broker, count: number): Promise<void> {
  await ask(broker.publisher.publish({ topic: orders, token: undefined, messages: Array.from({ length: count }, (_, n) => message(`m${n}`, { key: `k${n % 7}` })) }));
}

/** What services do all day. */
async function work(broker: Broker): Promise<void> {
  for (const order of ['none', 'key', 'strict'] as const) {
    const one = await hand(broker, order);
    for (const action of ['ack', 'retry', 'release', 'dead-letter', 'leak', 'ack'] as const) {
      const taken = await one.take(20);
      await one.end(action, taken, action === 'retry' ? 20 : undefined);
    }
    // It waits until something is due.
    await one.end('ack', await one.take(1));
  }
}

async function look(broker: Broker): Promise<void> {
  const { inspection } = broker;
  for (const subscription of ['none', 'key', 'strict']) {
    const ref = { ...orders, subscription };
    await ask(inspection.peek(ref, 10));
    const [dead] = await ask(inspection.peekDeadLetters(ref, 10));
    await ask(inspection.redrive({ subscription: ref, max: 1 }));
    await ask(inspection.redrive({ subscription: ref, ids: [dead?.message.id ?? ''] }));
    await ask(inspection.purgeDeadLetters(ref));
    await ask(inspection.redeliver(ref, [dead?.message.id ?? '']));
  }
  const [first] = await ask(inspection.read({ topic: orders, from: 0, to: Date.now(), max: 10 }));
  await ask(inspection.read({ topic: orders, from: 0, to: Date.now(), max: 10, after: first?.id }));
  await ask(inspection.stats(orders));
  await ask(inspection.purge(orders));
}

async function share(broker: Broker): Promise<void> {
  const key = { tenantId: 'acme', namespace: 'shop', key: 'a' };
  await ask(broker.keys.set({ key, body: '1', ttlMs: undefined }));
  await ask(broker.keys.get(key));
  await ask(broker.keys.expire(key, 60_000));
  await ask(broker.keys.set({ key, body: '2', ttlMs: undefined, keepVersions: 2 }));
  await ask(broker.keys.set({ key, body: '3', ttlMs: undefined, keepVersions: 2 }));
  await ask(broker.keys.history(key, 10));
  await ask(broker.keys.del({ key, mark: 'none' }));
  await ask(broker.keys.del({ key, mark: 'closed' }));
}

function show({ op, ns, planSummary, command }: Profiled): string {
  return `${op} ${ns.split('.')[1] ?? ''} ${planSummary ?? ''} ${JSON.stringify(command).slice(0, 400)}`;
}

describeMongo('plans of what a broker on MongoDB does', () => {
  it.each([true, false])('are by an index and sort nothing, and ask for nothing that 4.4 does not know, with server times %s', { timeout: 120_000 }, async (serverNow) => {
    const { broker, db } = await profiled(serverNow);
    await ask(broker.topics.ensureTopic({ topic: orders, limits: {}, defaults: limits }));
    for (const order of ['none', 'key', 'strict'] as const) await subscribe(broker, order, { order, maxDeliveries: 9 });
    await publish(broker, 200);
    await work(broker);
    await look(broker);
    await share(broker);
    const all = await profileOf(db);
    expect(all.length).toBeGreaterThan(100);
    const touched = new Set(all.map(({ ns, op }) => `${ns.split('.')[1] ?? ''} ${op}`));
    expect([...touched]).toEqual(expect.arrayContaining(['cw_topics command', 'cw_topics query', 'cw_log query', 'cw_deliv query', 'cw_deliv update', 'cw_deliv remove', 'cw_holds remove', 'cw_kv command']));
    expect(all.filter(({ planSummary = '' }) => planSummary.includes('COLLSCAN')).map(show)).toEqual([]);
    expect(all.filter(({ hasSortStage }) => hasSortStage === true).map(show)).toEqual([]);
    expect(all.flatMap(({ command }) => since5(command))).toEqual([]);
  });

  it('claims and settlements look at no more than what they take, whatever waits behind', { timeout: 120_000 }, async () => {
    const { broker, db } = await profiled(true);
    await ask(broker.topics.ensureTopic({ topic: orders, limits: {}, defaults: limits }));
    await subscribe(broker, 'none', {});
    for (let round = 0; round < 10; round += 1) await publish(broker, 1_000);
    await db.command({ profile: 0 });
    // Of a publish that was slow it also tells what it shows to consumers.
    await db.dropCollection('system.profile');
    const one = await hand(broker, 'none');
    await db.command({ profile: 2 });
    for (let round = 0; round < 5; round += 1) await one.end(round % 2 === 0 ? 'ack' : 'release', await one.take(32));
    // Retention counts the log now and then.
    const all = (await profileOf(db)).filter(({ ns, command }) => !ns.endsWith('cw_topics') && command['aggregate'] !== 'cw_log');
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter(({ keysExamined = 0, docsExamined = 0 }) => keysExamined > 80 || docsExamined > 80).map(show)).toEqual([]);
  });
});
