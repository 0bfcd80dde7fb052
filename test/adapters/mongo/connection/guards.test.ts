import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Document } from 'mongodb';
import { indexes } from '../../../../src/adapters/mongo/connection/indexes.js';
import { mongoStore } from '../../../../src/adapters/mongo/connection/mongo-store.js';
import { systemRuntime } from '../../../../src/system-runtime.js';
import { startMember, type Member } from '../../../support/mongo/member.js';
import { startReplicaSet, type ReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo, freshDatabase, mongoUri, rawClient } from '../../../support/mongo/shared.js';
import { openStore, storeTo } from '../../../support/mongo/store.js';
import { until } from '../../../support/servers/until.js';
import { hear, set as put, watch } from './support.js';

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => { throw new Error('it succeeded'); }, (error: unknown) => error);
const opening = (options: Parameters<typeof storeTo>[0]): Promise<unknown> => failure(storeTo({ connectTimeoutMs: 3_000, ...options }).open());

describeMongo('opening a store', () => {
  it('tells what the deployment can do, and sets up every index', async () => {
    const database = freshDatabase();
    const store = await openStore({ database });
    expect(store.probes).toMatchObject({ serverNow: true, replicaSet: true });
    expect(hear(store.warnings$).all).toEqual([]);
    for (const [name, wanted] of Object.entries(indexes)) {
      const found = await rawClient().db(database).collection(name).indexes();
      expect(found.map((index) => index['name']).toSorted()).toEqual(['_id_', ...wanted.map((index) => index.name)].toSorted());
    }
    await openStore({ database });
  });

  it('goes by the driver of its kind of tests', async ({ task }) => {
    const database = freshDatabase();
    await (await openStore({ database })).attempt('find', () => Promise.resolve());
    const version = task.file.projectName === 'mongo-6' ? '6.' : '7.';
    const connections = await rawClient().db('admin').aggregate([{ $currentOp: { allUsers: true, idleConnections: true } }, { $match: { appName: 'chronow' } }]).toArray();
    expect(JSON.stringify(connections)).toContain(`"driver":{"name":"nodejs","version":"${version}`);
  });

  it('takes forced probes', async () => {
    expect((await openStore({ probes: { serverNow: false } })).probes).toMatchObject({ serverNow: false, replicaSet: true });
  });

  it('fails where nobody answers, and names the place without the login', async () => {
    const error = await opening({ uri: 'mongodb://canary-user:canary-password@127.0.0.1:1/?authSource=admin' });
    expect(error).toMatchObject({ code: 'BACKEND_UNREACHABLE', retryable: true });
    expect(String(error)).toContain('127.0.0.1:1: connect ECONNREFUSED');
    expect(String(error)).not.toContain('canary');
  });

  it('fails at once where the URI is none', () => {
    expect(() => storeTo({ uri: 'mongodb://127.0.0.1:1/?nonsense=1' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => storeTo({ uri: 'mongodb://127.0.0.1:1/?maxPoolSize=canary' })).toThrow(/maxPoolSize .*got: \*\*\*$/);
  });

  it('says what to do where the name of the set is wrong, TLS is missing, or the set was never initiated', async () => {
    expect(String(await opening({ uri: mongoUri().replace('rs0', 'other') }))).toContain('correct replicaSet');
    expect(String(await opening({ uri: `${mongoUri()}&tls=true` }))).toContain('Does this port speak TLS?');
    const member = await startMember({ replicaSet: true });
    onTestFinished(() => member.stop());
    expect(String(await opening({ uri: `mongodb://127.0.0.1:${member.port}/` }))).toContain('rs.initiate()');
    expect(await opening({ uri: member.uri })).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('says that DNS knows no such name, where it was to be asked', async () => {
    const error = String(await opening({ uri: 'mongodb+srv://nowhere.invalid/' }));
    expect(error).toContain('a host itself is named with mongodb://');
    expect(error).not.toContain('replicaSet');
  });

  it('waits for a server that comes later', async () => {
    const set = await startReplicaSet();
    onTestFinished(() => set.stop());
    const member = await set.primary();
    await member.kill9();
    const store = storeTo({ uri: set.uri });
    const opened = store.open();
    await member.restart();
    await opened;
  });

  it('refuses what a newer release or somebody else has written', async () => {
    const newer = freshDatabase();
    await rawClient().db(newer).collection<{ _id: string; reads: number; writes: number }>('cw_meta').insertOne({ _id: 'format', writes: 2, reads: 2 });
    expect(await opening({ database: newer })).toMatchObject({ code: 'FORMAT_TOO_NEW' });
    const foreign = freshDatabase();
    await rawClient().db(foreign).collection<{ _id: string }>('cw_meta').insertOne({ _id: 'format' });
    expect(await opening({ database: foreign })).toMatchObject({ code: 'FOREIGN_VALUE' });
    const contrary = freshDatabase();
    await rawClient().db(contrary).collection('cw_kv').createIndexes([{ key: { exp: 1 }, name: 'theirs', expireAfterSeconds: 60 }]);
    expect(await opening({ database: contrary })).toMatchObject({ code: 'BACKEND_UNSAFE' });
  });
});

describeMongo('rights', () => {
  let set: ReplicaSet;
  beforeAll(async () => {
    set = await startReplicaSet({ auth: true });
    // Collections and indexes are there for those that may not create them.
    const store = mongoStore({ uri: set.uri, runtime: systemRuntime() });
    await store.open();
    await store.close();
  });
  afterAll(() => set.stop());

  const role = async (name: string, privileges: readonly Document[]): Promise<string> => {
    await (await set.primary()).admin({ createRole: name, privileges, roles: [] });
    return set.addUser(name, [name]);
  };
  const all = { db: 'chronow_hot', collection: '' };

  it('of readWrite on the hot database are enough', async () => {
    const store = await openStore({ uri: await set.addUser('usual', [{ role: 'readWrite', db: 'chronow_hot' }]) });
    const watcher = watch(store, 'usual');
    await put(store, 'usual', 1);
    await watcher.next((v) => v === 1);
    expect(hear(store.warnings$).all).toEqual([]);
  });

  it('to read alone are not, and the error names what is missing', async () => {
    const error = await opening({ uri: await set.addUser('reader', [{ role: 'read', db: 'chronow_hot' }]) });
    expect(error).toMatchObject({ code: 'BACKEND_UNSAFE', details: { reason: 'Unauthorized' } });
    expect(String(error)).toContain('cw_topics: update');
  });

  it('to create indexes are not needed where they are there', async () => {
    const uri = await role('noIndexes', [{ resource: all, actions: ['find', 'insert', 'update', 'remove', 'changeStream', 'listIndexes', 'listCollections'] }]);
    await openStore({ uri });
    expect(await opening({ uri, database: 'elsewhere' })).toMatchObject({ code: 'BACKEND_UNSAFE' });
  });

  it('to open change streams are missed with one warning, and polled without', async () => {
    const uri = await role('noStreams', [{ resource: all, actions: ['find', 'insert', 'update', 'remove', 'createIndex', 'listIndexes'] }]);
    const store = await openStore({ uri });
    const warnings = hear(store.warnings$);
    expect(warnings.all).toMatchObject([{ type: 'unsafe-setting', setting: 'change-streams', value: 'no right' }]);
    const watcher = watch(store, 'polled');
    await put(store, 'polled', 1);
    await watcher.next((v) => v === 1);
    expect(await opening({ uri, changeStreams: 'required' })).toMatchObject({ code: 'BACKEND_UNSAFE', details: { setting: 'change-streams' } });
  });

  it('of a wrong password are none', async () => {
    const error = await opening({ uri: set.uriOf({ username: 'root', password: 'canary-password' }) });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(error)).not.toContain('canary');
    const none = await opening({ uri: set.uriOf(undefined) });
    expect(none).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(none)).toContain('asks for a login');
  });
});

describeMongo('a standalone mongod', () => {
  let member: Member;
  beforeAll(async () => {
    member = await startMember();
  });
  afterAll(() => member.stop());

  it('is polled, with one warning that says what would be better', async () => {
    const store = await openStore({ uri: member.uri });
    const warnings = hear(store.warnings$);
    expect(store.probes.replicaSet).toBe(false);
    const topic = hear(store.hints.topic('t'));
    const hints = hear(store.hints.keys({ prefix: 'a:' }));
    const watcher = watch(store, 'a:1');
    await topic.next(({ kind }) => kind === 'gap');
    await hints.next(({ kind }) => kind === 'live');
    for (let v = 1; v <= 3; v += 1) {
      await put(store, 'a:1', v);
      await watcher.next((seen) => seen === v);
    }
    await store.attempt('delete', () => store.collection<{ _id: string }>('cw_kv').deleteOne({ _id: 'a:1' }));
    await hints.next(({ kind }) => kind === 'delete');
    await topic.next(({ kind }) => kind === 'ready', 3);
    expect(warnings.all).toMatchObject([{ type: 'unsafe-setting', setting: 'change-streams', value: 'standalone' }]);
  });

  it('is stale while it is down, and read again when it is back', async () => {
    const store = await openStore({ uri: member.uri, database: 'down' });
    const hints = hear(store.hints.keys({ id: 'k' }));
    await hints.next(({ kind }) => kind === 'live');
    await member.kill9();
    await hints.next(({ kind }) => kind === 'stale');
    await member.restart();
    await hints.next((hint) => hint.kind === 'live' && hint.missed, 1);
  });

  it('has in its journal what it acknowledged', async () => {
    const store = await openStore({ uri: member.uri, database: 'journal' });
    let acknowledged = 0;
    const writing = (async () => { for (;;) { await store.attempt('insert', () => store.collection<{ _id: string }>('cw_log').insertOne({ _id: String(acknowledged) })); acknowledged += 1; } })();
    writing.catch(() => undefined);
    await until('there are some', async () => acknowledged > 100);
    await member.kill9();
    const before = acknowledged;
    await store.close();
    await member.restart();
    expect(await rawClient(member.uri).db('journal').collection('cw_log').countDocuments()).toBeGreaterThanOrEqual(before);
  });

  it('is refused where change streams are required, and silent where they are off', async () => {
    expect(await opening({ uri: member.uri, changeStreams: 'required' })).toMatchObject({ code: 'BACKEND_UNSAFE', details: { value: 'standalone' } });
    expect(hear((await openStore({ uri: member.uri, changeStreams: 'off' })).warnings$).all).toEqual([]);
  });

  it('of an old version is refused, unless that is allowed', async () => {
    const old = { uri: member.uri, changeStreams: 'off', probes: { version: '4.2.0' } } as const;
    expect(await opening(old)).toMatchObject({ code: 'BACKEND_UNSAFE', details: { setting: 'version', value: '4.2.0' } });
    expect(hear((await openStore({ ...old, allowUnsafe: ['version'] })).warnings$).all).toMatchObject([{ setting: 'version' }]);
  });
});
