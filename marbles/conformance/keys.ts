import assert from 'node:assert/strict';
import type { KeyState, KeyWrite, KeyWriteAnswer } from '../../src/port/key-store.js';
import type { KeyRef } from '../../src/port/names.js';
import type { Scene } from './scene.js';
import type { Concern } from './suite.js';

function ref(scene: Scene, key = 'fraud.limit'): KeyRef {
  return { ...scene.scope, key };
}

function get(scene: Scene, key: KeyRef = ref(scene)): Promise<KeyState> {
  return scene.ask(scene.broker.keys.get(key));
}

function set(scene: Scene, body: KeyWrite['body'], options: Partial<KeyWrite> = {}): Promise<KeyWriteAnswer> {
  return scene.ask(scene.broker.keys.set({ key: ref(scene), body, ttlMs: undefined, ...options }));
}

function del(scene: Scene, mark: KeyState['mark'] = 'none', expectedRevision?: number): Promise<KeyWriteAnswer> {
  return scene.ask(scene.broker.keys.del({ key: ref(scene), mark, expectedRevision }));
}

export const keys: Concern = ({ promise }) => {
  promise('a key that was never written is at revision 0 without a value', async (scene) => {
    const { revision, body, expiresAt, mark } = await get(scene);
    assert.deepEqual({ revision, body, expiresAt, mark }, { revision: 0, body: undefined, expiresAt: undefined, mark: 'none' });
  });

  promise('a value that is set is there for every connection, with the state that the write answered', async (scene) => {
    const { written, state } = await set(scene, 'v1', { codec: 'cbor' });
    assert.equal(written, true);
    assert.ok(state.revision >= 1);
    assert.deepEqual([state.body, state.codec, state.mark, state.expiresAt], ['v1', 'cbor', 'none', undefined]);
    assert.deepEqual({ ...(await scene.ask(scene.second.keys.get(ref(scene)))) }, { ...state });
  });

  promise('a value comes back as it is, text or bytes, under any name', async (scene) => {
    const names = ['a', 'a:b', 'a/b', '{a}', 'a*', 'a?[x]', '%61', '__proto__', 'grüße 🚀', ' ', 'x'.repeat(512)];
    for (const [index, name] of names.entries()) {
      await set(scene, `text ${index} \u0000 ü`, { key: ref(scene, name) });
    }
    for (const [index, name] of names.entries()) assert.equal((await get(scene, ref(scene, name))).body, `text ${index} \u0000 ü`);
    await set(scene, Uint8Array.of(0, 255, 128));
    const { body } = await get(scene);
    assert.ok(body instanceof Uint8Array);
    assert.deepEqual([...body], [0, 255, 128]);
    await set(scene, '');
    assert.equal((await get(scene)).body, '');
  });

  promise('a revision only grows, also when the same value is written again', async (scene) => {
    const revisions = [];
    for (const body of ['a', 'b', 'b']) revisions.push((await set(scene, body)).state.revision);
    assert.deepEqual(
      revisions,
      [...new Set(revisions)].sort((left, right) => left - right),
    );
    assert.equal((await get(scene)).revision, revisions.at(-1));
  });

  promise('a revision grows over delete and re-create', async (scene) => {
    let last = 0;
    for (const mark of ['none', 'tombstone', 'none'] satisfies readonly KeyState['mark'][]) {
      const { state } = await set(scene, 'v');
      assert.ok(state.revision > last, `${state.revision} came after ${last}`);
      const gone = await del(scene, mark);
      assert.equal(gone.written, true);
      assert.ok(gone.state.revision >= state.revision, 'a delete does not go back');
      assert.equal(gone.state.body, undefined);
      last = Math.max(state.revision, gone.state.revision, (await get(scene)).revision);
    }
  });

  promise('a deleted key has no value, and shows the mark it was deleted with', async (scene) => {
    await set(scene, 'v');
    await del(scene, 'tombstone');
    const { body, mark } = await get(scene);
    assert.deepEqual([body, mark], [undefined, 'tombstone']);
    assert.deepEqual((await set(scene, 'w')).state.mark, 'none', 'a new value lifts a tombstone');
  });

  promise('a write at the expected revision is done, at another one it is not and answers what is in its way', async (scene) => {
    const { state: first } = await set(scene, 'a', { expectedRevision: 0 });
    const refused = await set(scene, 'x', { expectedRevision: 0 });
    assert.deepEqual([refused.written, refused.state.body, refused.state.revision], [false, 'a', first.revision]);
    const second = await set(scene, 'b', { expectedRevision: first.revision });
    assert.deepEqual([second.written, second.state.body], [true, 'b']);
    assert.equal((await set(scene, 'x', { expectedRevision: first.revision })).written, false);
    assert.equal((await get(scene)).body, 'b');
  });

  promise('revision 0 means never written: a deleted key refuses it', async (scene) => {
    await set(scene, 'a');
    await del(scene);
    const refused = await set(scene, 'b', { expectedRevision: 0 });
    assert.equal(refused.written, false);
    assert.equal((await set(scene, 'b', { expectedRevision: refused.state.revision })).written, true);
  });

  promise('a delete at another revision than expected is not done', async (scene) => {
    const { state } = await set(scene, 'a');
    const refused = await del(scene, 'none', state.revision + 7);
    assert.deepEqual([refused.written, refused.state.body], [false, 'a']);
    assert.equal((await del(scene, 'none', state.revision)).written, true);
    assert.equal((await get(scene)).body, undefined);
  });

  promise('of writes at the same expected revision exactly one is done', async (scene) => {
    const { state } = await set(scene, 'start');
    const calls = [scene.broker, scene.second, scene.broker, scene.second].map(({ keys: store }, index) =>
      scene.begin(store.set({ key: ref(scene), body: `w${index}`, ttlMs: undefined, expectedRevision: state.revision })),
    );
    const answers = [];
    for (const call of calls) answers.push(await scene.answer(call));
    const done = answers.filter(({ written }) => written);
    assert.equal(done.length, 1);
    assert.equal((await get(scene)).body, done[0]?.state.body);
  });

  promise('a value ends with its time to live, and not before', async (scene) => {
    const before = scene.now();
    const { state } = await set(scene, 'a', { ttlMs: 2 * scene.lease });
    assert.ok(state.expiresAt !== undefined);
    scene.onTime(state.expiresAt, scene.now() + 2 * scene.lease, before + 2 * scene.lease);
    await scene.pass(scene.lease);
    assert.equal((await get(scene)).body, 'a');
    await scene.passBeyond(scene.lease);
    const gone = await get(scene);
    assert.deepEqual([gone.body, gone.expiresAt], [undefined, undefined]);
    assert.ok(gone.revision >= state.revision, 'expiry does not take the revision back');
    assert.ok((await set(scene, 'b')).state.revision > state.revision);
  });

  promise('a write without a time to live takes the old one away', async (scene) => {
    await set(scene, 'a', { ttlMs: scene.lease });
    assert.equal((await set(scene, 'b')).state.expiresAt, undefined);
    await scene.passBeyond(scene.lease);
    assert.equal((await get(scene)).body, 'b');
  });

  promise('expire sets the time to live of a value that exists, and answers false where there is none', async (scene) => {
    const { keys: store } = scene.broker;
    assert.equal(await scene.ask(store.expire(ref(scene), 1_000)), false);
    await set(scene, 'a');
    assert.equal(await scene.ask(store.expire(ref(scene), scene.lease)), true);
    assert.equal((await get(scene)).body, 'a');
    await scene.passBeyond(scene.lease);
    assert.equal((await get(scene)).body, undefined);
    assert.equal(await scene.ask(store.expire(ref(scene), 1_000)), false);
  });

  promise('history keeps the replaced values, newest first, as many as are kept and asked for', async (scene) => {
    const revisions = [];
    for (const body of ['a', 'b', 'c', 'd', 'e']) revisions.push((await set(scene, body, { keepVersions: 3 })).state.revision);
    const { keys: store } = scene.broker;
    const kept = await scene.ask(store.history(ref(scene), 10));
    assert.deepEqual(
      kept.map(({ body }) => body),
      ['d', 'c', 'b'],
    );
    assert.deepEqual(
      kept.map(({ revision }) => revision),
      revisions.slice(1, 4).reverse(),
    );
    assert.deepEqual(
      (await scene.ask(store.history(ref(scene), 1))).map(({ body }) => body),
      ['d'],
    );
  });

  promise('without keepVersions no history is kept', async (scene) => {
    await set(scene, 'a');
    await set(scene, 'b');
    assert.deepEqual(await scene.ask(scene.broker.keys.history(ref(scene), 10)), []);
  });

  promise('a closed key shows it, and keeps its history', async (scene) => {
    await set(scene, 'a', { keepVersions: 5 });
    await set(scene, 'b', { keepVersions: 5 });
    const closed = await del(scene, 'closed');
    assert.deepEqual([closed.state.mark, closed.state.body], ['closed', undefined]);
    assert.deepEqual([(await get(scene)).mark, (await get(scene)).body], ['closed', undefined]);
    const kept = await scene.ask(scene.broker.keys.history(ref(scene), 10));
    assert.ok(
      kept.some(({ body }) => body === 'a'),
      'the history is still there',
    );
  });

  promise('a tombstone is lifted at its own revision and at no other: the key stays absent there, which is no change', async (scene) => {
    await set(scene, 'v');
    const { state: tombstone } = await del(scene, 'tombstone');
    const early = await del(scene, 'none', tombstone.revision - 1);
    assert.deepEqual([early.written, early.state.mark], [false, 'tombstone']);
    const lifted = await del(scene, 'none', tombstone.revision);
    assert.deepEqual([lifted.written, lifted.state.mark, lifted.state.body, lifted.state.revision], [true, 'none', undefined, tombstone.revision]);
    const { mark, body, revision } = await scene.ask(scene.second.keys.get(ref(scene)));
    assert.deepEqual([mark, body, revision], ['none', undefined, tombstone.revision]);
    assert.ok((await set(scene, 'w', { expectedRevision: tombstone.revision })).state.revision > tombstone.revision);
  });

  promise('a delete without a mark and without a revision leaves a tombstone as it is', async (scene) => {
    await set(scene, 'v');
    const { state: tombstone } = await del(scene, 'tombstone');
    const again = await del(scene);
    assert.deepEqual([again.written, again.state.mark, again.state.revision], [true, 'tombstone', tombstone.revision]);
    assert.equal((await get(scene)).mark, 'tombstone');
  });

  promise('a closed key stays closed: it refuses every write, and deletes change nothing', async (scene) => {
    await set(scene, 'v');
    const { state: closed } = await del(scene, 'closed');
    const { keys: store } = scene.second;
    await scene.refused(store.set({ key: ref(scene), body: 'w', ttlMs: undefined }), 'KEY_CLOSED');
    await scene.refused(store.set({ key: ref(scene), body: 'w', ttlMs: 1_000, expectedRevision: closed.revision, keepVersions: 3 }), 'KEY_CLOSED');
    for (const mark of ['none', 'tombstone', 'closed'] satisfies readonly KeyState['mark'][]) {
      for (const expected of [undefined, closed.revision]) {
        const { state } = await del(scene, mark, expected);
        assert.deepEqual([state.mark, state.revision], ['closed', closed.revision]);
      }
    }
    assert.equal(await scene.ask(store.expire(ref(scene), 1_000)), false);
    const { mark, body, revision } = await get(scene);
    assert.deepEqual([mark, body, revision], ['closed', undefined, closed.revision]);
  });

  promise("a revision is never below the store's clock in µs, whatever made it", async (scene) => {
    const made = async (write: () => Promise<KeyWriteAnswer>): Promise<void> => {
      const before = scene.now() - scene.granularity;
      const { state } = await write();
      assert.ok(state.revision >= before * 1_000, `${state.revision} is below the clock, ${before} ms`);
      assert.ok(Number.isSafeInteger(state.revision));
      await scene.pass(Math.max(1, scene.granularity));
    };
    await made(() => set(scene, 'a'));
    await made(() => set(scene, 'b'));
    await made(() => del(scene));
    await made(() => set(scene, 'c'));
    await made(() => del(scene, 'tombstone'));
    await made(() => set(scene, 'd'));
    await made(() => del(scene, 'closed'));
  });
};
