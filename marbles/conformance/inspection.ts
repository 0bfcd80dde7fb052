import assert from 'node:assert/strict';
import { bodies, message, numbered, plain } from './defaults.js';
import type { Concern } from './suite.js';

export const inspection: Concern = ({ promise }) => {
  promise('stats count what waits, is delayed, is leased and is dead', async (scene) => {
    const queue = await scene.queue();
    await scene.counts(queue, { waiting: 0, delayed: 0, leased: 0, dead: 0, oldestAgeMs: null });
    await scene.publish(queue, ...numbered(10));
    const consumer = await scene.consumer(queue);
    const [m0, m1, m2, ...rest] = await consumer.take(7);
    assert.ok(m0 && m1 && m2);
    await consumer.ack(m0);
    await consumer.retry(m1);
    await consumer.bury(m2);
    assert.equal(rest.length, 4);
    await scene.counts(queue, { waiting: 3, delayed: 1, leased: 4, dead: 1 });
    const stats = await scene.stats(queue);
    assert.deepEqual([stats.topic, stats.subscriptions.map(({ name }) => name)], ['orders', ['billing']]);
  });

  promise('stats tell the age of the oldest message that is neither settled nor dead', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const before = scene.now();
    await scene.publish(queue, 'a');
    const after = scene.now();
    await scene.pass(scene.lease);
    await scene.publish(queue, 'b');
    const oldest = (await scene.stats(queue)).subscriptions[0]?.oldestAgeMs;
    if (scene.known('oldestAgeMs', true) === null) {
      assert.equal(oldest, null);
      return;
    }
    assert.ok(typeof oldest === 'number' && oldest >= scene.lease - scene.granularity, `${String(oldest)} is too young`);
    assert.ok(oldest <= scene.now() - before + scene.granularity, `${oldest} is older than the message`);
    await consumer.ack(await consumer.takeOne());
    const younger = (await scene.stats(queue)).subscriptions[0]?.oldestAgeMs;
    assert.ok(
      typeof younger === 'number' && younger <= scene.now() - after - scene.lease + scene.granularity + scene.harness.patienceMs,
      `${String(younger)} is not the age of the second`,
    );
    await consumer.bury(await consumer.takeOne());
    await scene.counts(queue, { oldestAgeMs: null });
  });

  promise('the length of a topic counts what it retains', async (scene) => {
    const topic = await scene.topic();
    assert.equal((await scene.stats(topic)).length, scene.known('length', 0));
    await scene.subscribe(topic);
    await scene.publish(topic, 'a', 'b');
    assert.equal((await scene.stats(topic)).length, scene.known('length', 2));
  });

  promise('looking at an unknown topic is TOPIC_NOT_FOUND, at an unknown subscription SUBSCRIPTION_NOT_FOUND', async (scene) => {
    const { inspection: look } = scene.broker;
    const nowhere = scene.ref('nowhere');
    await scene.refused(look.stats(nowhere), 'TOPIC_NOT_FOUND');
    await scene.refused(look.purge(nowhere), 'TOPIC_NOT_FOUND');
    await scene.refused(look.read({ topic: nowhere, from: 0, to: scene.now(), max: 1 }), 'TOPIC_NOT_FOUND');
    const nobody = { ...(await scene.topic()), subscription: 'nobody' };
    await scene.refused(look.peek(nobody, 1), 'SUBSCRIPTION_NOT_FOUND');
    await scene.refused(look.peekDeadLetters(nobody, 1), 'SUBSCRIPTION_NOT_FOUND');
    await scene.refused(look.purgeDeadLetters(nobody), 'SUBSCRIPTION_NOT_FOUND');
    await scene.refused(look.redrive({ subscription: nobody }), 'SUBSCRIPTION_NOT_FOUND');
    await scene.refused(look.redeliver(nobody, ['x']), 'SUBSCRIPTION_NOT_FOUND');
  });

  promise('peek shows the oldest unsettled messages in order, with state and count', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(6));
    const consumer = await scene.consumer(queue);
    const [m0, m1, m2] = await consumer.take(4);
    assert.ok(m0 && m1 && m2);
    await consumer.ack(m0);
    await consumer.bury(m1);
    await consumer.retry(m2);
    const seen = await scene.ask(scene.broker.inspection.peek(queue, 3));
    assert.deepEqual(
      seen.map(({ message: { body }, state, deliveryCount }) => [body, state, deliveryCount]),
      [
        ['m2', 'delayed', 1],
        ['m3', 'leased', 1],
        ['m4', 'waiting', 0],
      ],
    );
  });

  promise('peek takes nothing', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message('a', { key: 'k', headers: { h: '1' } }), 'b');
    const [first] = await scene.ask(scene.broker.inspection.peek(queue, 10));
    const taken = await (await scene.consumer(queue)).take(2);
    assert.deepEqual(
      taken.map(({ deliveryCount }) => deliveryCount),
      [1, 1],
    );
    assert.ok(first && taken[0]);
    assert.deepEqual(plain(first.message), plain(taken[0].message));
  });

  promise('purge removes what waits or is delayed, for every subscription, and answers how many', async (scene) => {
    const topic = await scene.topic();
    const [left, right] = [await scene.subscribe(topic, 'left'), await scene.subscribe(topic, 'right')];
    await scene.publish(topic, ...numbered(4));
    const lefts = await scene.consumer(left);
    await lefts.retry(await lefts.takeOne());
    assert.equal(await scene.ask(scene.broker.inspection.purge(topic)), 8);
    await lefts.nothing();
    await (await scene.consumer(right)).nothing();
    for (const one of [left, right]) await scene.counts(one, { waiting: 0, delayed: 0, leased: 0, dead: 0 });
  });

  promise('purge leaves what is leased or dead', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(4));
    const consumer = await scene.consumer(queue);
    const [m0, m1, m2] = await consumer.take(3);
    assert.ok(m0 && m1 && m2);
    await consumer.bury(m0);
    assert.equal(await scene.ask(scene.broker.inspection.purge(scene.ref('orders'))), 1);
    await scene.counts(queue, { waiting: 0, leased: 2, dead: 1 });
    await consumer.ack(m1);
    await consumer.retry(m2, 0);
    assert.deepEqual(
      (await consumer.take()).map(({ message: { body }, deliveryCount }) => [body, deliveryCount]),
      [['m2', 2]],
    );
  });

  promise('after a purge the topic goes on', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    await scene.publish(queue, message('a', { key: 'k' }), message('b', { key: 'k' }));
    const consumer = await scene.consumer(queue);
    await consumer.retry(await consumer.takeOne());
    await scene.ask(scene.broker.inspection.purge(scene.ref('orders')));
    await scene.publish(queue, message('c', { key: 'k' }));
    assert.deepEqual(bodies(await consumer.take()), ['c'], 'the key is free again');
  });
};
