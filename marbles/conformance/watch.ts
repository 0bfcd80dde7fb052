import assert from 'node:assert/strict';
import type { KeyStore } from '../../src/port/key-store.js';
import type { KeyRef } from '../../src/port/names.js';
import { numbered } from './defaults.js';
import type { Scene } from './scene.js';
import type { Concern } from './suite.js';
import { WatchLog } from './watch-log.js';

function ref(scene: Scene, key = 'fraud.limit'): KeyRef {
  return { ...scene.scope, key };
}

async function set(scene: Scene, key: KeyRef, body: string, options: { readonly ttlMs?: number; readonly by?: KeyStore } = {}): Promise<void> {
  await scene.ask((options.by ?? scene.broker.keys).set({ key, body, ttlMs: options.ttlMs }));
}

async function watchKey(scene: Scene, key: KeyRef = ref(scene)): Promise<WatchLog> {
  const log = new WatchLog(scene, scene.broker.watches.watchKey(key));
  await log.live();
  return log;
}

async function watchPrefix(scene: Scene, prefix: string): Promise<WatchLog> {
  const log = new WatchLog(scene, scene.broker.watches.watchPrefix(scene.scope, prefix));
  await log.live();
  return log;
}

export const watch: Concern = ({ promise, harness }) => {
  promise('a watcher is shown the present state first, as resync, then that it is live', async (scene) => {
    await set(scene, ref(scene), 'v1');
    const log = await watchKey(scene);
    assert.deepEqual(
      log.present.map(({ key, state: { body }, cause }) => [key.key, body, cause]),
      [['fraud.limit', 'v1', 'resync']],
    );
    assert.deepEqual(log.later, []);
  });

  promise('a watcher of an absent key becomes live without a value', async (scene) => {
    const log = await watchKey(scene);
    for (const { state, cause } of log.present) assert.deepEqual([state.body, cause], [undefined, 'resync']);
  });

  promise('a write is shown to a watcher, whoever wrote it', async (scene) => {
    const log = await watchKey(scene);
    await set(scene, ref(scene), 'mine');
    assert.equal((await log.shown(1)).at(-1)?.state.body, 'mine');
    await set(scene, ref(scene), 'theirs', { by: scene.second.keys });
    const last = (await log.shown(2)).at(-1);
    assert.deepEqual([last?.state.body, last?.cause], ['theirs', 'set']);
    assert.deepEqual({ ...last?.state }, { ...(await scene.ask(scene.broker.keys.get(ref(scene)))) });
  });

  const { everyChange } = harness.capabilities;
  promise(`${everyChange ? 'every change after live is shown in its order' : 'the last of several changes is shown, those before it in their order if at all'}, and the revision never goes back`, async (scene) => {
    const log = await watchKey(scene);
    for (const body of numbered(10)) await set(scene, ref(scene), body);
    await scene.eventually(async () => assert.equal(log.later.at(-1)?.state.body, 'm9'));
    const shown = log.later.map(({ state: { body } }) => body);
    assert.deepEqual(
      shown,
      numbered(10).filter((body) => everyChange || shown.includes(body)),
    );
    const revisions = log.later.map(({ state: { revision } }) => revision);
    assert.deepEqual(
      revisions,
      [...new Set(revisions)].sort((left, right) => left - right),
    );
  });

  promise('a delete is shown', async (scene) => {
    await set(scene, ref(scene), 'v');
    const log = await watchKey(scene);
    await scene.ask(scene.broker.keys.del({ key: ref(scene), mark: 'tombstone' }));
    const [change] = await log.shown(1);
    assert.deepEqual([change?.state.body, change?.cause], [undefined, 'delete']);
    await set(scene, ref(scene), 'w');
    assert.equal((await log.shown(2)).at(-1)?.state.body, 'w');
  });

  promise('lifting a tombstone is shown to nobody', async (scene) => {
    await set(scene, ref(scene), 'v');
    const log = await watchKey(scene);
    const { state } = await scene.ask(scene.broker.keys.del({ key: ref(scene), mark: 'tombstone' }));
    await log.shown(1);
    await scene.ask(scene.broker.keys.del({ key: ref(scene), mark: 'none', expectedRevision: state.revision }));
    await set(scene, ref(scene), 'w');
    await scene.eventually(async () => assert.equal(log.later.at(-1)?.state.body, 'w'));
    assert.deepEqual(
      log.later.map(({ state: { body } }) => body),
      [undefined, 'w'],
    );
  });

  promise('the end of a value by its time to live is shown, and not before', async (scene) => {
    const log = await watchKey(scene);
    await set(scene, ref(scene), 'v', { ttlMs: 2 * scene.lease });
    await log.shown(1);
    await scene.pass(scene.lease);
    assert.equal(log.later.length, 1, 'the value has not ended yet');
    await scene.passBeyond(scene.lease);
    const change = (await log.shown(2)).at(-1);
    assert.deepEqual([change?.state.body, change?.cause], [undefined, 'expire']);
  });

  promise('a time to live that was prolonged shows no end in between', async (scene) => {
    const log = await watchKey(scene);
    await set(scene, ref(scene), 'v', { ttlMs: scene.lease });
    await scene.ask(scene.broker.keys.expire(ref(scene), 600_000));
    await scene.passBeyond(2 * scene.lease);
    assert.equal(
      log.later.some(({ state: { body } }) => body === undefined),
      false,
    );
  });

  promise('a write that was refused is not shown', async (scene) => {
    await set(scene, ref(scene), 'v');
    const log = await watchKey(scene);
    await scene.ask(scene.broker.keys.set({ key: ref(scene), body: 'refused', ttlMs: undefined, expectedRevision: 0 }));
    await set(scene, ref(scene), 'w');
    assert.deepEqual(
      (await log.shown(1)).map(({ state: { body } }) => body),
      ['w'],
    );
  });

  promise('a watcher is shown its own key only', async (scene) => {
    const log = await watchKey(scene);
    for (const name of ['fraud.limit2', 'fraud', 'fraud.limi']) await set(scene, ref(scene, name), 'other');
    await set(scene, { ...ref(scene), namespace: `${scene.scope.namespace}x` }, 'other scope');
    await set(scene, ref(scene), 'own');
    await scene.eventually(async () => assert.equal(log.later.at(-1)?.state.body, 'own'));
    assert.equal(log.later.length, 1);
  });

  promise('several watchers of one key are each shown everything', async (scene) => {
    const logs = [await watchKey(scene), await watchKey(scene)];
    await set(scene, ref(scene), 'a');
    logs.push(await watchKey(scene));
    await set(scene, ref(scene), 'b');
    for (const log of logs) await scene.eventually(async () => assert.equal(log.changes.at(-1)?.state.body, 'b'));
    assert.deepEqual(
      logs.map(({ later }) => later.map(({ state: { body } }) => body)),
      [['a', 'b'], ['a', 'b'], ['b']],
    );
    assert.deepEqual(
      logs[2]?.present.map(({ state: { body } }) => body),
      ['a'],
    );
  });

  promise('a watcher that unsubscribed is shown nothing more, and the others still are', async (scene) => {
    const [gone, stays] = [await watchKey(scene), await watchKey(scene)];
    gone.stop();
    await set(scene, ref(scene), 'v');
    await stays.shown(1);
    assert.deepEqual(gone.later, []);
  });

  promise('a prefix shows the keys that begin with it, present and later', async (scene) => {
    for (const name of ['limits.a', 'limits.b', 'limit', 'other']) await set(scene, ref(scene, name), name);
    const log = await watchPrefix(scene, 'limits.');
    assert.deepEqual(log.present.map(({ key: { key }, cause }) => [key, cause]).sort(), [
      ['limits.a', 'resync'],
      ['limits.b', 'resync'],
    ]);
    await set(scene, ref(scene, 'limits'), 'no');
    await set(scene, ref(scene, 'limits.c'), 'new');
    await scene.ask(scene.broker.keys.del({ key: ref(scene, 'limits.a'), mark: 'none' }));
    await log.shown(2);
    // Changes of one key come in their order; what is shown of two keys may overtake each other.
    assert.deepEqual(
      log.later.map(({ key: { key }, state: { body }, cause }) => [key, body, cause]).sort(),
      [
        ['limits.a', undefined, 'delete'],
        ['limits.c', 'new', 'set'],
      ],
    );
  });

  promise('a prefix is text, not a pattern', async (scene) => {
    for (const name of ['a*b', 'axb', 'a?b', '[a]', 'a']) await set(scene, ref(scene, name), name);
    assert.deepEqual(
      (await watchPrefix(scene, 'a*')).present.map(({ key: { key } }) => key),
      ['a*b'],
    );
    assert.deepEqual(
      (await watchPrefix(scene, 'a?')).present.map(({ key: { key } }) => key),
      ['a?b'],
    );
    assert.deepEqual(
      (await watchPrefix(scene, '[a]')).present.map(({ key: { key } }) => key),
      ['[a]'],
    );
  });

  promise('the empty prefix shows every key of the scope and none of another', async (scene) => {
    await set(scene, { ...ref(scene, 'far'), namespace: `${scene.scope.namespace}x` }, 'far');
    await set(scene, ref(scene, 'near'), 'near');
    const log = await watchPrefix(scene, '');
    assert.deepEqual(
      log.present.map(({ key }) => ({ ...key })),
      [ref(scene, 'near')],
    );
  });
};
