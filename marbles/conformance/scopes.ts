import assert from 'node:assert/strict';
import type { Scope, TopicRef } from '../../src/port/names.js';
import { bodies, wideLimits } from './defaults.js';
import type { Concern } from './suite.js';

export const scopes: Concern = ({ promise }) => {
  promise('topics of the same name in two namespaces or two tenants never meet', async (scene) => {
    const { tenantId, namespace } = scene.scope;
    const all: readonly Scope[] = [scene.scope, { tenantId, namespace: `${namespace}x` }, { tenantId: `${tenantId}x`, namespace }];
    for (const [index, scope] of all.entries()) {
      const topic = { ...scope, topic: 'orders' };
      await scene.publish(topic, `m${index}`);
      await scene.subscribe(topic);
    }
    for (const [index, scope] of all.entries()) {
      assert.deepEqual(bodies(await (await scene.consumer({ ...scope, topic: 'orders', subscription: 'billing' })).all()), [`m${index}`]);
      assert.deepEqual(
        (await scene.ask(scene.broker.topics.listTopics(scope))).map(({ ref }) => ref.topic),
        ['orders'],
      );
    }
  });

  promise('names that read the same when run together are different: a:b is not a with b', async (scene) => {
    const { tenantId: t, namespace: n } = scene.scope;
    const all: readonly TopicRef[] = [
      { tenantId: t, namespace: `${n}:a`, topic: 'b' },
      { tenantId: t, namespace: n, topic: 'a:b' },
      { tenantId: `${t}:${n}`, namespace: 'a', topic: 'b' },
      { tenantId: t, namespace: `${n}:topic`, topic: 'a' },
      { tenantId: t, namespace: n, topic: 'topic:a' },
      { tenantId: t, namespace: n, topic: 'a' },
      { tenantId: t, namespace: n, topic: 'a:1' },
      { tenantId: t, namespace: n, topic: 'a%3A1' },
      { tenantId: t, namespace: n, topic: 'a/1' },
    ];
    for (const [index, topic] of all.entries()) await scene.publish(topic, `m${index}`);
    for (const [index, topic] of all.entries()) {
      const queue = await scene.subscribe(topic);
      assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), [`m${index}`], JSON.stringify(topic));
    }
    for (const topic of all) await scene.ask(scene.broker.topics.deleteTopic(topic));
  });

  promise('names come back as they were given, however strange', async (scene) => {
    const names = ['{a}', 'a*', 'a?[b]', '%', 'ä ö', 'A', 'a', '__proto__', 'constructor', '🚀', '.', '$x'];
    for (const name of names) await scene.topic(name);
    const listed = await scene.ask(scene.broker.topics.listTopics(scene.scope));
    assert.deepEqual(listed.map(({ ref }) => ref.topic).sort(), [...names].sort());
    const topic = await scene.topic('{a}');
    for (const name of names) await scene.subscribe(topic, name);
    const queues = await scene.ask(scene.broker.topics.listSubscriptions(topic));
    assert.deepEqual(queues.map(({ ref }) => ref.subscription).sort(), [...names].sort());
    await scene.publish(topic, 'm');
    for (const name of names) assert.deepEqual(bodies(await (await scene.consumer({ ...topic, subscription: name })).take()), ['m']);
  });

  promise('keys of the same name in two scopes never meet', async (scene) => {
    const { tenantId, namespace } = scene.scope;
    const all = [scene.scope, { tenantId, namespace: `${namespace}:x` }, { tenantId: `${tenantId}:x`, namespace }].map((scope) => ({ ...scope, key: 'k' }));
    const joined = { ...scene.scope, key: 'x:k' };
    for (const [index, key] of all.entries()) await scene.ask(scene.broker.keys.set({ key, body: `v${index}`, ttlMs: undefined }));
    assert.equal((await scene.ask(scene.broker.keys.get(joined))).body, undefined);
    await scene.ask(scene.broker.keys.del({ key: { ...scene.scope, key: 'k' }, mark: 'none' }));
    for (const [index, key] of all.entries()) assert.equal((await scene.ask(scene.broker.keys.get(key))).body, index === 0 ? undefined : `v${index}`);
  });

  promise('deleting a topic leaves those whose names begin alike', async (scene) => {
    const [topic, longer, shard] = [await scene.topic('a'), await scene.topic('ab'), await scene.topic('a:1')];
    for (const one of [topic, longer, shard]) await scene.publish(one, 'm');
    await scene.ask(scene.broker.topics.deleteTopic(topic));
    for (const one of [longer, shard]) {
      const { limits } = await scene.ask(scene.broker.topics.ensureTopic({ topic: one, limits: {}, defaults: wideLimits }));
      assert.deepEqual(limits, wideLimits);
      assert.deepEqual(bodies(await (await scene.consumer(await scene.subscribe(one))).all()), ['m']);
    }
  });

  promise('a shared key and a topic of the same name do not meet', async (scene) => {
    const key = { ...scene.scope, key: 'orders' };
    await scene.ask(scene.broker.keys.set({ key, body: 'v', ttlMs: undefined }));
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    await scene.ask(scene.broker.topics.deleteTopic(scene.ref('orders')));
    assert.equal((await scene.ask(scene.broker.keys.get(key))).body, 'v');
  });
};
