import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { firstValueFrom, filter } from 'rxjs';
import type { MongoStore } from '../../../../src/adapters/mongo/connection/store.js';
import { isDuplicateKey } from '../../../../src/adapters/mongo/connection/server-error.js';
import { isChronowError } from '../../../../src/errors.js';
import { beyondElection, mostBeyondMs } from '../../../support/mongo/election.js';
import { failCommand } from '../../../support/mongo/fail-point.js';
import type { Member } from '../../../support/mongo/member.js';
import { startReplicaSet, type ReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo, rawClient } from '../../../support/mongo/shared.js';
import { openStore, storeTo } from '../../../support/mongo/store.js';

interface Row { readonly _id: string; readonly n?: number }

const put = (store: MongoStore, id: string, deadlineMs?: number): Promise<number> =>
  store.attempt('insert', async (attempt) => {
    try {
      await store.collection<Row>('cw_meta').insertOne({ _id: id });
    } catch (error) {
      if (attempt === 1 || !isDuplicateKey(error)) throw error;
    }
    return attempt;
  }, { deadlineMs });

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => { throw new Error(`it succeeded: ${String(value)}`); }, (error: unknown) => error);

describeMongo('an operation on one server', () => {
  let set: ReplicaSet;
  let member: Member;
  beforeAll(async () => {
    set = await startReplicaSet();
    member = await set.primary();
  });
  afterAll(() => set.stop());
  let store: MongoStore;
  beforeEach(async () => {
    store = await openStore({ uri: set.uri });
  });

  it('is made again with the same ids after the connection was closed under it, every one of many', async () => {
    // The driver itself resends one of those that are in flight.
    await failCommand(member, { failCommands: ['insert'], closeConnection: true, namespace: 'chronow_hot.cw_meta' }, 40);
    const attempts = await Promise.all(Array.from({ length: 16 }, (_, i) => put(store, `many-${i}`)));
    expect(Math.max(...attempts)).toBeGreaterThan(1);
    expect(await store.attempt('count', () => store.collection('cw_meta').countDocuments({ _id: /^many-/ }))).toBe(16);
  });

  it.each([11_602, 91, 189, 10_107, 50, 112])('is made again after code %d', async (errorCode) => {
    await failCommand(member, { failCommands: ['update'], errorCode, namespace: 'chronow_hot.cw_meta' }, 2);
    const attempts: number[] = [];
    await store.attempt('update', async (attempt) => {
      attempts.push(attempt);
      await store.collection('cw_meta').updateMany({ n: 1 }, { $set: { n: 2 } });
    });
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('that is refused is not made again, and fails as an error of ours without a word of what was written', async () => {
    await failCommand(member, { failCommands: ['insert'], errorCode: 13, namespace: 'chronow_hot.cw_meta' }, 1);
    expect(await failure(put(store, 'refused'))).toMatchObject({ code: 'BACKEND_UNSAFE', retryable: false });
    const wrong = await failure(store.attempt('update', () => store.collection<Row>('cw_meta').updateOne({ _id: 'format' }, [{ $nonsense: 'canary' }])));
    expect(wrong).toMatchObject({ code: 'UNSUPPORTED' });
    expect(String(wrong)).not.toContain('canary');
  });

  it('with a document that is too large fails as that, whoever notices', async () => {
    for (const size of [16.9e6, 18e6]) {
      const body = 'x'.repeat(size);
      expect(await failure(store.attempt('insert', () => store.collection('cw_meta').insertOne({ body })))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
      expect(await failure(store.attempt('insert', () => store.collection('cw_meta').insertMany([{ body }], { ordered: false })))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    }
  });

  it('waits until a killed server is back, and what was acknowledged is there', async () => {
    await put(store, 'before');
    await member.kill9();
    const during = put(store, 'during');
    await firstValueFrom(store.status$.pipe(filter(({ state }) => state === 'reconnecting')));
    expect(store.healthyForMs()).toBeUndefined();
    await member.restart();
    await during;
    await firstValueFrom(store.status$.pipe(filter(({ state }) => state === 'ready')));
    expect(await store.attempt('find', () => store.collection<Row>('cw_meta').countDocuments({ _id: { $in: ['before', 'during'] } }))).toBe(2);
    expect(store.healthyForMs()).toBeLessThan(5_000);
  });

  it('ends at its deadline, the outcome unknown, where the server is frozen; and close() does not wait', async () => {
    onTestFinished(() => { member.thaw(); });
    member.freeze();
    const began = performance.now();
    expect(await failure(put(store, 'frozen', 500))).toMatchObject({ code: 'LINK_LOST', retryable: true });
    expect(performance.now() - began).toBeLessThan(6_000);
    const open = failure(put(store, 'frozen too'));
    await store.close();
    expect(await open).toMatchObject({ code: 'CLOSED' });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await failure(put(store, 'late'))).toMatchObject({ code: 'CLOSED' });
  });

  it('before open() waits for it, and learns why it did not come', async () => {
    const later = storeTo({ uri: set.uri, database: 'later' });
    const waiting = put(later, 'early');
    await later.open();
    expect(await waiting).toBe(1);
    const never = storeTo({ uri: set.uri.replace('rs0', 'rs1'), connectTimeoutMs: 1_000 });
    expect(await failure(put(never, 'never', 200))).toMatchObject({ code: 'LINK_LOST' });
  });

  it('knows the time of the server', async () => {
    const { localTime } = await rawClient(set.uri).db('admin').command({ hello: 1 });
    expect(Math.abs(store.clock.now() - Number(localTime))).toBeLessThan(200);
  });
});

describeMongo('an operation on a set of three', () => {
  let set: ReplicaSet;
  beforeAll(async () => {
    set = await startReplicaSet({ members: 3 });
  });
  afterAll(() => set.stop());

  it('goes on through a step-down', async () => {
    const store = await openStore({ uri: set.uri, database: 'a' });
    const writes = Array.from({ length: 50 }, (_, i) => put(store, `step-${i}`));
    await set.stepDown();
    await Promise.all([...writes, ...Array.from({ length: 50 }, (_, i) => put(store, `after-${i}`))]);
    expect(await store.attempt('count', () => store.collection('cw_meta').countDocuments({ _id: /^(?:step|after)-/ }))).toBe(100);
  });

  it('leaves a primary behind that froze, within 3 s of the election of another', async () => {
    const store = await openStore({ uri: set.uri, database: 'b', deadlineMs: 60_000 });
    const old = await set.primary();
    onTestFinished(() => { old.thaw(); });
    old.freeze();
    expect(await beyondElection(set, old, Promise.all(Array.from({ length: 8 }, (_, i) => put(store, `frozen-${i}`))))).toBeLessThan(mostBeyondMs);
    old.thaw();
    await set.primary();
    expect(await store.attempt('count', () => store.collection('cw_meta').countDocuments({ _id: /^frozen-/ }))).toBe(8);
  });

  it('goes on within 3 s of the election where the primary was killed and stays down', async () => {
    const store = await openStore({ uri: set.uri, database: 'c', deadlineMs: 60_000 });
    const old = await set.primary();
    await old.kill9();
    expect(await beyondElection(set, old, Promise.all(Array.from({ length: 8 }, (_, i) => put(store, `killed-${i}`))))).toBeLessThan(mostBeyondMs);
    expect(isChronowError(await failure(store.attempt('nothing', () => Promise.reject(new TypeError('ours')))), 'UNSUPPORTED')).toBe(true);
  });
});
