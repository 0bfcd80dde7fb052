import assert from 'node:assert/strict';
import type { SubscriptionRef, TopicRef } from '../../src/port/names.js';
import type { PolicyPatch } from '../../src/port/policy.js';
import { bodies } from './defaults.js';
import type { Scene } from './scene.js';
import type { Concern } from './suite.js';

async function pair(scene: Scene, policy: PolicyPatch = {}): Promise<{ topic: TopicRef; left: SubscriptionRef; right: SubscriptionRef }> {
  const topic = await scene.topic();
  return { topic, left: await scene.subscribe(topic, 'left', policy), right: await scene.subscribe(topic, 'right', policy) };
}

export const fanOut: Concern = ({ promise }) => {
  promise('every subscription gets every message, with the same id', async (scene) => {
    const { topic, left, right } = await pair(scene);
    await scene.publish(topic, 'a', 'b');
    const [lefts, rights] = [await (await scene.consumer(left)).take(2), await (await scene.consumer(right)).take(2)];
    assert.deepEqual(bodies(lefts), ['a', 'b']);
    assert.deepEqual(
      rights.map(({ message: { id } }) => id),
      lefts.map(({ message: { id } }) => id),
    );
  });

  promise('an ack ends a message for its own subscription only', async (scene) => {
    const { topic, left, right } = await pair(scene);
    await scene.publish(topic, 'a');
    const consumer = await scene.consumer(left);
    await consumer.ack(await consumer.takeOne());
    await scene.counts(left, { waiting: 0, leased: 0 });
    await scene.counts(right, { waiting: 1 });
  });

  promise('a retry never reaches another subscription', async (scene) => {
    const { topic, left, right } = await pair(scene);
    await scene.publish(topic, 'a');
    const [lefts, rights] = [await scene.consumer(left), await scene.consumer(right)];
    await rights.ack(await rights.takeOne());
    await lefts.retry(await lefts.takeOne(), 0);
    assert.equal((await lefts.takeOne()).deliveryCount, 2);
    await rights.nothing();
    await scene.counts(right, { waiting: 0, delayed: 0, leased: 0, dead: 0 });
  });

  promise('deliveries are counted for each subscription alone', async (scene) => {
    const { topic, left, right } = await pair(scene);
    await scene.publish(topic, 'a');
    const lefts = await scene.consumer(left);
    await lefts.retry(await lefts.takeOne(), 0);
    await lefts.retry(await lefts.takeOne(), 0);
    assert.equal((await (await scene.consumer(right)).takeOne()).deliveryCount, 1);
  });

  promise('a lapse in one subscription never shows in another', async (scene) => {
    const { topic, left, right } = await pair(scene, { visibilityTimeoutMs: scene.lease });
    await scene.publish(topic, 'a');
    const rights = await scene.consumer(right);
    await rights.ack(await rights.takeOne());
    await (await scene.consumer(left)).take();
    await scene.passBeyond(scene.lease);
    await rights.nothing();
  });

  promise('a dead letter belongs to one subscription', async (scene) => {
    const { topic, left, right } = await pair(scene);
    await scene.publish(topic, 'a');
    const consumer = await scene.consumer(left);
    await consumer.bury(await consumer.takeOne());
    await scene.counts(left, { dead: 1, waiting: 0 });
    await scene.counts(right, { dead: 0, waiting: 1 });
    assert.deepEqual(await scene.ask(scene.broker.inspection.peekDeadLetters(right, 10)), []);
    assert.equal(await scene.ask(scene.broker.inspection.redrive({ subscription: right })), 0);
    assert.equal(await scene.ask(scene.broker.inspection.purgeDeadLetters(right)), 0);
    await scene.counts(left, { dead: 1 });
  });
};
