import assert from 'node:assert/strict';
import { take } from 'rxjs';
import { message } from './defaults.js';
import type { Concern } from './suite.js';

export const lifecycle: Concern = ({ promise, harness }) => {
  const { capabilities } = harness;

  promise('the broker declares the capabilities the suite was told', async ({ broker }) => {
    assert.deepEqual({ ...broker.capabilities }, { ...capabilities });
  });

  promise('the capability record is plausible', async (scene) => {
    const { claimLingerMs, settleLingerMs, timeGranularityMs, maxShards, synchronous } = scene.broker.capabilities;
    assert.ok(scene.broker.name.length > 0, 'a backend has a name');
    for (const ms of [claimLingerMs, settleLingerMs, timeGranularityMs]) assert.ok(Number.isFinite(ms) && ms >= 0, `${ms} is no time in ms`);
    if (synchronous) assert.deepEqual([claimLingerMs, settleLingerMs], [0, 0], 'waiting for more work gains nothing without a round trip');
    assert.ok(maxShards >= 1, 'a topic has at least one shard');
    assert.ok(scene.lease >= 10 * timeGranularityMs, 'the lease of the harness is too short for the granularity of the backend');
  });

  promise('a second connection is there exactly where the store is shared', async ({ session }) => {
    assert.equal(session.second !== undefined && session.second !== session.broker, capabilities.shared);
  });

  promise('what acknowledged data survives fits the capability record', async ({ broker }) => {
    assert.ok(broker.durability.promise.length > 0, 'the durability row says its promise');
    assert.equal(broker.durability.survives.includes('process-crash'), capabilities.durable);
    if (!capabilities.durable) assert.deepEqual(broker.durability.survives, []);
  });

  promise('a backend reads the format it writes', async ({ broker }) => {
    assert.ok(broker.format.reads.includes(broker.format.writes));
  });

  promise('a backend answers within subscribe exactly where it says it is synchronous', async (scene) => {
    const topic = await scene.topic();
    assert.equal(scene.begin(scene.batch(topic, ['a'])).state, capabilities.synchronous ? 'answered' : 'open');
  });

  promise('nothing happens before subscribe', async (scene) => {
    const queue = await scene.queue();
    const { publisher, keys, topics } = scene.broker;
    publisher.publish({ topic: scene.ref('orders'), token: scene.token(), messages: [message('unasked')] });
    const key = { ...scene.scope, key: 'k' };
    keys.set({ key, body: 'unasked', ttlMs: undefined });
    topics.deleteTopic(scene.ref('orders'));
    await (await scene.consumer(queue)).nothing();
    assert.equal((await scene.ask(keys.get(key))).revision, 0);
  });

  promise('the status is shown to whoever subscribes, and is ready after open', async (scene) => {
    assert.deepEqual(await scene.ask(scene.broker.status$.pipe(take(1))), { state: 'ready' });
  });

  promise('opening again answers and changes nothing', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    await scene.ask(scene.broker.open());
    assert.equal((await (await scene.consumer(queue)).takeOne()).message.body, 'a');
  });

  if (capabilities.shared) {
    promise('topics, messages and keys of one connection are those of the other', async (scene) => {
      const queue = await scene.queue();
      await scene.publish(queue, 'a');
      assert.equal((await (await scene.consumer(queue, 'c2', scene.second)).takeOne()).message.body, 'a');
      const key = { ...scene.scope, key: 'k' };
      await scene.ask(scene.broker.keys.set({ key, body: 'v', ttlMs: undefined }));
      assert.equal((await scene.ask(scene.second.keys.get(key))).body, 'v');
    });
  }
};
