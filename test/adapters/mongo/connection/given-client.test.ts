import { Chronow } from 'chronow';
import { MongoClient, ObjectId, type MongoClientOptions } from 'mongodb';
import { MongoClient as MongoClient6 } from 'mongodb-6';
import { filter, firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { beyondElection, mostBeyondMs } from '../../../support/mongo/election.js';
import { startReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo, freshDatabase, mongoUri } from '../../../support/mongo/shared.js';
import { openStore, storeTo } from '../../../support/mongo/store.js';
import { startWireServer } from '../../../support/mongo/wire-server.js';
import { hear, set as put, watch } from './support.js';

/** A client as somebody else makes it, and the commands that it was asked for. */
function theirs(uri: string = mongoUri(), options: MongoClientOptions = {}): { readonly client: MongoClient; readonly asked: string[] } {
  const client = new MongoClient(uri, { ...options, monitorCommands: true });
  const asked: string[] = [];
  client.on('commandStarted', ({ commandName, command }) => { asked.push(JSON.stringify(command).includes('$changeStream') ? 'changeStream' : commandName); });
  onTestFinished(() => client.close());
  return { client, asked };
}

describeMongo('a client that is handed in', () => {
  it('reads, writes and watches, and is left open and as it was', async () => {
    const { client, asked } = theirs();
    const listeners = client.listenerCount('topologyDescriptionChanged');
    const store = storeTo({ client, uri: undefined, database: freshDatabase() });
    await store.open();
    expect(store.probes).toMatchObject({ serverNow: true, replicaSet: true });
    const watcher = watch(store, 'k');
    await put(store, 'k', 1);
    await watcher.next((v) => v === 1);
    expect(asked).toEqual(expect.arrayContaining(['hello', 'update', 'changeStream', 'getMore']));
    await store.close();
    expect(client.listenerCount('topologyDescriptionChanged')).toBe(listeners);
    expect(await client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
  });

  it('leaves the change stream to a client of our own where a URI is named as well', async () => {
    const { client, asked } = theirs();
    const store = await openStore({ client, uri: mongoUri(), database: freshDatabase() });
    const opened = asked.length;
    const watcher = watch(store, 'k');
    await put(store, 'k', 1);
    await watcher.next((v) => v === 1);
    expect(asked.slice(opened)).toContain('update');
    expect(asked.slice(opened)).not.toContain('getMore');
  });

  it('may be connected already, and may be set as it likes', async () => {
    const { client } = theirs(mongoUri(), { useBigInt64: true, readPreference: 'secondaryPreferred', writeConcern: { w: 1 }, readConcern: { level: 'available' } });
    await client.connect();
    const namespace = freshDatabase();
    const cw = await Chronow.init({ mongoOnly: true, mongo: { client }, namespace });
    onTestFinished(() => cw.close());
    expect(await cw.shared.set('limit', 5)).toBeTypeOf('number');
    expect(await firstValueFrom(cw.shared.watch<number>('limit').pipe(filter((limit) => limit === 5)))).toBe(5);
    const topic = cw.topic<{ readonly id: number }>('orders');
    await cw.bus.ensureSubscription('orders', 's');
    await topic.publish({ id: 1 });
    const delivery = await firstValueFrom(topic.subscription('s'));
    expect(delivery.payload).toEqual({ id: 1 });
    await delivery.ack();
    expect(JSON.stringify(cw)).not.toContain('useBigInt64');
  });

  it('goes on within 3 s of the election where the primary is frozen, without a URI of ours too', async () => {
    const set = await startReplicaSet({ members: 3 });
    onTestFinished(() => set.stop());
    const { client } = theirs(set.uri);
    const store = storeTo({ client, uri: undefined, database: 'given', deadlineMs: 60_000 });
    await store.open();
    const watcher = watch(store, 'k');
    await put(store, 'k', 1);
    await watcher.next((v) => v === 1);
    const old = await set.primary();
    onTestFinished(() => { old.thaw(); });
    old.freeze();
    const shown = put(store, 'k', 2).then(() => watcher.next((v) => v === 2));
    expect(await beyondElection(set, old, shown)).toBeLessThan(mostBeyondMs);
  });

  it('tells of a new primary, though it knew the one before when it was handed in', async () => {
    const [one, other] = [await startWireServer(), await startWireServer()];
    const hosts = [one.host, other.host];
    const isSecondary = { ismaster: false, isWritablePrimary: false, secondary: true, hosts, primary: one.host };
    for (const name of ['hello', 'ismaster']) {
      one.always(name, { hosts });
      other.always(name, isSecondary);
    }
    const { client } = theirs(`mongodb://${hosts.join(',')}/?replicaSet=rs0`, { heartbeatFrequencyMS: 500 });
    const known = new Promise<void>((resolve) => {
      client.on('topologyDescriptionChanged', ({ newDescription }) => { if ([...newDescription.servers.values()].every(({ type }) => type !== 'Unknown')) resolve(); });
    });
    await client.connect();
    await known;
    const store = storeTo({ client, uri: undefined, database: 'given', deadlineMs: 60_000 });
    await store.open();
    for (const name of ['hello', 'update']) one.always(name, 'silence');
    const write = put(store, 'k', 1);
    await expect.poll(() => one.of('update').length).toBe(1);
    other.always('hello', { hosts, electionId: new ObjectId('7fffffff0000000000000002') });
    const began = performance.now();
    await write;
    // The driver alone waits for 30 s.
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(other.of('update')).toHaveLength(1);
  });

  it('is refused where the driver that is loaded is of another major version, whose values it does not take', async ({ task, skip }) => {
    skip(task.file.projectName === 'mongo-6', 'there both are the same');
    const client = new MongoClient6(mongoUri());
    onTestFinished(() => client.close());
    const store = storeTo({ client, uri: undefined, database: freshDatabase() });
    const error = await store.open().then(() => undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { option: 'mongo.client' } });
  });

  it('is needed where there is no URI, and must be one', () => {
    expect(() => storeTo({ uri: undefined, database: 'x' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    const nothing = { options: {}, connect: () => Promise.resolve(), db: () => undefined, startSession: () => undefined };
    expect(() => storeTo({ client: nothing, uri: undefined, database: 'x' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('tells where it leads when nobody answers', async () => {
    const client = new MongoClient('mongodb://canary:canary@127.0.0.1:1/', { serverSelectionTimeoutMS: 300 });
    onTestFinished(() => client.close());
    const store = storeTo({ client, uri: undefined, database: 'x', connectTimeoutMs: 1_000 });
    const hints = hear(store.status$);
    const error = await store.open().then(() => undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'BACKEND_UNREACHABLE' });
    expect(String(error)).toContain('127.0.0.1:1');
    expect(String(error)).not.toContain('canary');
    expect(hints.all.at(-1)).toMatchObject({ state: 'reconnecting' });
  });
});
