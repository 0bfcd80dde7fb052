import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { startReplicaSet, type ReplicaSet } from '../../../support/mongo/replica-set.js';
import { failCommand } from '../../../support/mongo/fail-point.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { openStore, storeTo } from '../../../support/mongo/store.js';

const secret = 'canary-4711';

describeMongo('secrets', () => {
  let set: ReplicaSet;
  beforeAll(async () => {
    set = await startReplicaSet({ auth: true });
  });
  afterAll(() => set.stop());

  /** Everything that a log could show of a value. */
  const shown = (value: unknown): string => [inspect(value, { depth: 10, showHidden: true }), JSON.stringify(value), value instanceof Error ? [value.stack, value.message, inspect(value.cause, { depth: 10, showHidden: true })].join() : ''].join('\n');

  it('are in no error, state, warning or printed store', async () => {
    const member = await set.primary();
    await member.admin({ createUser: 'user', pwd: secret, roles: ['readWriteAnyDatabase'] });
    const uri = set.uriOf({ username: 'user', password: secret });
    const store = await openStore({ uri });
    const seen: unknown[] = [store];
    store.status$.subscribe((status) => { seen.push(status); });
    store.warnings$.subscribe((warning) => { seen.push(warning); });
    store.hints.topic('t').subscribe();
    seen.push(store.hints);
    interface Row { readonly _id: string; readonly b?: string }
    const log = store.collection<Row>('cw_log');
    const dues = store.collection<{ readonly t: string; readonly ik: string }>('cw_log');
    await dues.insertOne({ t: 't', ik: secret });
    const failed = [
      store.attempt('insert', () => dues.insertOne({ t: 't', ik: secret })),
      store.attempt('insert', () => dues.insertMany([{ t: 't', ik: secret }], { ordered: false })),
      store.attempt('insert', () => log.insertOne({ _id: 'large', b: secret.repeat(2_000_000) })),
      store.attempt('update', () => log.updateOne({ _id: 'a' }, [{ $set: { b: { $add: [{ $literal: secret }, 1] } } }], { upsert: true })),
      store.attempt('find', () => log.find({ b: { $regex: `(${secret}` } }).toArray()),
      store.attempt('update', () => log.updateOne({ _id: secret }, [{ [`$${secret}`]: 1 }])),
    ].map((promise) => promise.then((value) => { seen.push(value); }, (error: unknown) => { seen.push(error); }));
    await Promise.all(failed);
    await failCommand(member, { failCommands: ['update'], errorCode: 91, errorLabels: [], appName: 'chronow' });
    await store.attempt('update', () => log.updateOne({ _id: secret }, { $set: { b: secret } }), { deadlineMs: 300 }).catch((error: unknown) => { seen.push(error); });
    onTestFinished(() => { member.thaw(); });
    member.freeze();
    await store.attempt('insert', () => log.insertOne({ _id: secret }), { deadlineMs: 300 }).catch((error: unknown) => { seen.push(error); });
    member.thaw();
    for (const wrong of [uri.replace('user:', 'nobody:'), `mongodb://user:${secret}@127.0.0.1:1/`, `mongodb://user:${secret}@nowhere.invalid/`]) {
      await storeTo({ uri: wrong, connectTimeoutMs: 2_000 }).open().catch((error: unknown) => { seen.push(error); });
    }
    for (const wrong of [`mongodb://user:${secret}@host:1/?nonsense=${secret}`, `mongodb://user:${secret}@`, `${secret}://x`]) {
      try {
        storeTo({ uri: wrong });
      } catch (error) {
        seen.push(error);
      }
    }
    await store.close();
    await store.attempt('late', () => log.insertOne({ _id: secret })).catch((error: unknown) => { seen.push(error); });
    expect(seen.length).toBeGreaterThan(14);
    expect(seen.map(shown).join('\n').split('\n').filter((line) => line.includes('canary'))).toEqual([]);
  });
});
