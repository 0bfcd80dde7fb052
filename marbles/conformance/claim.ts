import assert from 'node:assert/strict';
import { EMPTY } from 'rxjs';
import { bodies, numbered } from './defaults.js';
import type { Concern } from './suite.js';

export const claim: Concern = ({ promise }) => {
  promise('a claim waits until a message arrives, and answers it', async (scene) => {
    const queue = await scene.queue();
    const waiting = (await scene.consumer(queue)).claim(10);
    await scene.pass(scene.lease);
    assert.equal(waiting.state, 'open', 'there is nothing to answer yet');
    await scene.publish(queue, 'a');
    const { deliveries, makeRoom } = await scene.answer(waiting);
    assert.deepEqual(bodies(deliveries), ['a']);
    assert.equal(makeRoom, false);
  });

  promise('a claim wakes for a message published by another connection', async (scene) => {
    const queue = await scene.queue();
    const waiting = (await scene.consumer(queue, 'c2', scene.second)).claim();
    await scene.pass(scene.harness.quietMs);
    await scene.publish(queue, 'a');
    assert.deepEqual(bodies((await scene.answer(waiting)).deliveries), ['a']);
  });

  promise('a claim that is asked to stop waiting answers with nothing, and nothing is taken', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const waiting = consumer.claim(5);
    waiting.stop();
    assert.deepEqual(await scene.answer(waiting), { deliveries: [], makeRoom: false });
    await scene.publish(queue, 'a');
    const taken = await consumer.takeOne();
    assert.equal(taken.deliveryCount, 1);
  });

  promise('a claim goes on waiting where nothing will ever ask it to stop', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const waiting = scene.begin(consumer.link.claim({ max: 1, until$: EMPTY }));
    await scene.pass(scene.harness.quietMs);
    assert.equal(waiting.state, 'open');
    await scene.publish(queue, 'a');
    assert.deepEqual(bodies((await scene.answer(waiting)).deliveries), ['a']);
  });

  promise('a claim answers no more than was asked for, and the rest stays', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(7));
    const consumer = await scene.consumer(queue);
    const { deliveries } = await consumer.look(3);
    assert.ok(deliveries.length >= 1 && deliveries.length <= 3, `${deliveries.length} came for 3`);
    const rest = await (await scene.consumer(queue, 'c2')).all();
    assert.deepEqual(bodies([...deliveries, ...rest]), numbered(7));
  });

  promise('a delivery is the first by count, with a lease of one visibility timeout, and not isolated', async (scene) => {
    const queue = await scene.queue({ visibilityTimeoutMs: 30_000 });
    await scene.publish(queue, 'a');
    const before = scene.now();
    const { deliveryCount, leaseUntil, isolated } = await (await scene.consumer(queue)).takeOne();
    assert.deepEqual([deliveryCount, isolated], [1, false]);
    assert.ok(leaseUntil <= scene.now() + 30_000 + scene.granularity, 'the local end of the lease is on the early side');
    assert.ok(leaseUntil > before + 15_000, 'the lease is about one visibility timeout');
  });

  promise('consumers share a subscription without overlap', async (scene) => {
    const queue = await scene.queue();
    const consumers = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second), await scene.consumer(queue, 'c3')];
    await scene.publish(queue, ...numbered(30));
    const claims = consumers.map((consumer) => consumer.claim(5));
    const taken = [];
    for (const one of claims) taken.push(...(await scene.answer(one)).deliveries);
    for (const consumer of consumers) taken.push(...(await consumer.all(4)));
    assert.deepEqual(bodies(taken).map(String).sort(), [...numbered(30)].sort());
  });

  promise('a message that several consumers wait for goes to one of them', async (scene) => {
    const queue = await scene.queue();
    const claims = [];
    for (const [index, on] of [scene.broker, scene.second, scene.broker, scene.second].entries())
      claims.push((await scene.consumer(queue, `c${index}`, on)).claim(2));
    await scene.publish(queue, 'a');
    await Promise.race([...claims.map((one) => one.done), scene.pass(scene.harness.patienceMs)]);
    await scene.pass(scene.harness.quietMs);
    for (const one of claims) if (one.state === 'open') one.stop();
    const taken = [];
    for (const one of claims) taken.push(...(await scene.answer(one)).deliveries);
    assert.deepEqual(bodies(taken), ['a']);
  });

  promise('a message goes past a consumer that left', async (scene) => {
    const queue = await scene.queue();
    const [gone, stays] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2')];
    const waiting = gone.claim(5);
    waiting.stop();
    await scene.answer(waiting);
    await gone.leave();
    await scene.publish(queue, 'a', 'b');
    assert.deepEqual(bodies(await stays.take(2)), ['a', 'b']);
  });

  promise('what a consumer holds when it leaves stays leased to its deadline', async (scene) => {
    const queue = await scene.queue({ visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'a');
    const asked = scene.now();
    const gone = await scene.consumer(queue);
    await gone.take();
    const taken = scene.now();
    await gone.leave();
    const waiting = (await scene.consumer(queue, 'c2')).claim();
    const { deliveries } = await scene.answer(waiting, scene.lease);
    scene.onTime(waiting.at, taken + scene.lease, asked + scene.lease);
    assert.equal(deliveries[0]?.deliveryCount, 2);
  });

  promise('one more message to a waiting claim is enough, and the next claim gets what came meanwhile', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consumer(queue);
    const waiting = consumer.claim(10);
    await scene.publish(queue, 'a');
    await scene.publish(queue, 'b');
    const first = (await scene.answer(waiting)).deliveries;
    const rest = await consumer.all();
    assert.deepEqual(bodies([...first, ...rest]), ['a', 'b']);
  });
};
