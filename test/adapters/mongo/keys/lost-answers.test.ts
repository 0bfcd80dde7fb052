import { firstValueFrom, Subject } from 'rxjs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { MongoKeys } from '../../../../src/adapters/mongo/keys/mongo-keys.js';
import { stopFailing } from '../../../support/mongo/fail-point.js';
import type { Member } from '../../../support/mongo/member.js';
import { startReplicaSet, type ReplicaSet } from '../../../support/mongo/replica-set.js';
import { databaseName, describeMongo } from '../../../support/mongo/shared.js';
import { until } from '../../../support/servers/until.js';
import { around, broken } from '../topics/wrapped.js';
import { calls, openRoom, raw, ref } from './support.js';

describeMongo('shared values on MongoDB whose answers are lost', () => {
  let set: ReplicaSet;
  beforeAll(async () => { set = await startReplicaSet(); });
  afterAll(() => set.stop());

  /** The next writes of keys are carried out, and the server says that it does not know. */
  async function loseAnswers(member: Member, times: number): Promise<void> {
    await member.admin({ configureFailPoint: 'failCommand', mode: { times }, data: { failCommands: ['findAndModify'], writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } } });
    onTestFinished(() => stopFailing(member));
  }

  /** Reads and writes until nobody came between. */
  async function increment(keys: MongoKeys): Promise<void> {
    const one = calls(keys, ref);
    for (let state = await one.get(); ; ) {
      const answer = await one.set(String(Number(state.body ?? 0) + 1), { expectedRevision: state.revision });
      if (answer.written) return;
      state = answer.state;
    }
  }

  it('count an increment once, also where others come in between', async () => {
    const at = { uri: set.uri, database: databaseName(), retryMs: 20 };
    const [one, other] = [await openRoom(at), await openRoom(at)];
    const primary = await set.primary();
    for (let round = 0; round < 10; round += 1) {
      await loseAnswers(primary, 1 + (round % 5));
      await Promise.all([one, one, one, other, other].map(async ({ keys }) => { for (let n = 0; n < 3; n += 1) await increment(keys); }));
    }
    expect((await calls(one.keys, ref).get()).body).toBe('150');
    const remembered = (await raw(at.database, 'cw_kv', set.uri).findOne())?.['t'];
    expect(Array.isArray(remembered) ? remembered.length : 0).toBeLessThanOrEqual(5);
  });

  it('are known to whoever wrote them at an expected revision, whatever the same client wrote before it asks again', async () => {
    const room = await openRoom({ uri: set.uri, database: databaseName(), retryMs: 20 });
    const later = new Subject<void>();
    let isLost = false;
    const lossy = around({
      after: async ({ method }) => {
        if (method !== 'findOneAndUpdate' || isLost) return;
        isLost = true;
        await firstValueFrom(later);
        throw broken();
      },
    });
    const keys = new MongoKeys({ ...room.context, store: lossy(room.context.store) });
    const one = calls(keys, ref);
    const first = one.set('first', { expectedRevision: 0 });
    await until('it is written', async () => (await one.get()).body === 'first');
    const { revision } = await one.get();
    for (let n = 0; n < 10; n += 1) await increment(keys);
    later.next();
    expect(await first).toMatchObject({ written: true, state: { revision } });
  });

  it('say what they did: a write, a delete, one after which others wrote', async () => {
    const at = { uri: set.uri, database: databaseName(), retryMs: 20 };
    const { keys } = await openRoom(at);
    const { set: write, del, get } = calls(keys, ref);
    const primary = await set.primary();
    await loseAnswers(primary, 2);
    const { written, state } = await write('a', { expectedRevision: 0 });
    expect(written).toBe(true);
    expect(await get()).toEqual(state);
    const events = raw(at.database, 'cw_kv', set.uri).watch();
    onTestFinished(() => events.close());
    await events.tryNext();
    await loseAnswers(primary, 1);
    const unconditional = await write('b');
    expect(await get()).toEqual(unconditional.state);
    await write('c');
    const told = [await events.next(), await events.next()].map((event) => event.operationType === 'update' ? event.updateDescription.updatedFields?.['b'] : event.operationType === 'replace' ? event.fullDocument['b'] : undefined);
    expect(told).toEqual(['b', 'c']);
    await loseAnswers(primary, 2);
    const gone = await del('none', (await get()).revision);
    expect(gone).toMatchObject({ written: true, state: { body: undefined, mark: 'none' } });
    expect((await get()).revision).toBe(gone.state.revision);
  });

  it('end as was asked when the server is killed and comes back, and what was answered is there', { timeout: 60_000 }, async () => {
    const { keys } = await openRoom({ uri: set.uri, database: databaseName(), retryMs: 50, deadlineMs: 30_000 });
    const [member] = set.members;
    const writing = Promise.all(Array.from({ length: 8 }, async (_, n) => {
      const key = { ...ref, key: `key ${String(n)}` };
      for (let value = 1; value <= 200; value += 1) await calls(keys, key).set(String(value));
      return (await calls(keys, key).get()).body;
    }));
    await calls(keys, ref).set('before');
    await member?.kill9();
    await member?.start();
    expect(await writing).toEqual(Array.from({ length: 8 }, () => '200'));
    expect((await calls(keys, ref).get()).body).toBe('before');
  });
});
