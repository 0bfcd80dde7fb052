import assert from 'node:assert/strict';
import type { SettleAction } from '../../src/port/lease.js';
import type { SubscriptionRef } from '../../src/port/names.js';
import type { Consumer } from './consumer.js';
import { bodies, numbered } from './defaults.js';
import type { Scene } from './scene.js';
import type { Concern } from './suite.js';

/** A queue with a short lease, two consumers of it, and one message. */
async function contested(scene: Scene): Promise<{ queue: SubscriptionRef; one: Consumer; two: Consumer }> {
  const queue = await scene.queue({ visibilityTimeoutMs: scene.lease });
  await scene.publish(queue, 'a');
  return { queue, one: await scene.consumer(queue, 'c1'), two: await scene.consumer(queue, 'c2', scene.second) };
}

export const lease: Concern = ({ promise }) => {
  promise('a lease that ends unsettled brings the message back with the next count, and not before', async (scene) => {
    const { one, two } = await contested(scene);
    const asked = scene.now();
    const first = await one.takeOne();
    const taken = scene.now();
    const waiting = two.claim();
    const [again] = (await scene.answer(waiting, scene.lease)).deliveries;
    scene.onTime(waiting.at, taken + scene.lease, asked + scene.lease);
    assert.deepEqual([again?.message.id, again?.deliveryCount], [first.message.id, 2]);
  });

  promise('a lease is exclusive while it lasts', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(3));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2', scene.second)];
    await one.take(2);
    assert.deepEqual(bodies(await two.all()), ['m2']);
    await one.nothing();
    await scene.counts(queue, { leased: 3, waiting: 0 });
  });

  promise('a message whose lease ended is counted as waiting, and its end is told', async (scene) => {
    const { queue, one, two } = await contested(scene);
    const events = scene.events(scene.second);
    const held = await one.takeOne();
    await scene.counts(queue, { leased: 1, waiting: 0 });
    await scene.passBeyond(scene.lease);
    await scene.counts(queue, { leased: 0, waiting: 1 });
    await two.take();
    const lapsed = await events.first('lease-lapsed');
    assert.deepEqual([lapsed.id, lapsed.deliveryCount], [held.message.id, 1]);
  });

  for (const action of ['ack', 'retry', 'dead-letter', 'release', 'leak'] satisfies readonly SettleAction[]) {
    promise(`${action} after the lease ended is done as long as nobody has taken the message`, async (scene) => {
      const { queue, one } = await contested(scene);
      const held = await one.takeOne();
      await scene.passBeyond(scene.lease);
      await one.end(action, held, action === 'retry' ? { delayMs: 600_000 } : {});
      await scene.counts(queue, {
        leased: 0,
        waiting: action === 'release' || action === 'leak' ? 1 : 0,
        delayed: action === 'retry' ? 1 : 0,
        dead: action === 'dead-letter' ? 1 : 0,
      });
    });

    promise(`${action} is lost once somebody else has taken the message, and changes nothing`, async (scene) => {
      const { queue, one, two } = await contested(scene);
      const held = await one.takeOne();
      const taken = await two.takeOne(scene.lease);
      await one.lost(action, held);
      await scene.counts(queue, { leased: 1, waiting: 0, delayed: 0, dead: 0 });
      await two.ack(taken);
      await scene.passBeyond(scene.lease);
      await one.nothing();
    });
  }

  promise('a consumer cannot settle an older lease of its own', async (scene) => {
    const { one } = await contested(scene);
    const old = await one.takeOne();
    const fresh = await one.takeOne(scene.lease);
    await one.lost('ack', old);
    await one.ack(fresh);
  });

  promise('a token that nobody was given is lost', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.take();
    for (const token of ['no-such-token', 7, {}]) {
      assert.deepEqual(await consumer.settle({ token, action: 'ack' }), [{ index: 0, result: 'lost' }]);
      assert.deepEqual((await scene.ask(consumer.link.renew([token]))).lost, [0]);
    }
    await scene.counts(queue, { leased: 1 });
  });

  promise('a token of another subscription is lost and changes nothing in either', async (scene) => {
    const left = await scene.queue();
    const right = await scene.subscribe(scene.ref('orders'), 'right');
    await scene.publish(left, 'a');
    const [lefts, rights] = [await scene.consumer(left), await scene.consumer(right)];
    const [held, other] = [await lefts.takeOne(), await rights.takeOne()];
    await rights.lost('ack', held);
    await lefts.ack(held);
    await rights.ack(other);
  });

  promise('renewing prolongs a lease by one visibility timeout from now', async (scene) => {
    const { one, two } = await contested(scene);
    const held = await one.takeOne();
    await scene.pass(scene.lease / 2);
    const asked = scene.now();
    const { lost, leaseUntil } = await one.renew(held);
    const done = scene.now();
    assert.deepEqual(lost, []);
    scene.onTime(leaseUntil, done + scene.lease, asked + scene.lease / 2);
    const waiting = two.claim();
    assert.equal((await scene.answer(waiting, 2 * scene.lease)).deliveries[0]?.deliveryCount, 2);
    scene.onTime(waiting.at, done + scene.lease, asked + scene.lease);
  });

  promise('a lease that is renewed lasts as long as it is', async (scene) => {
    const { queue, one, two } = await contested(scene);
    const held = await one.takeOne();
    const waiting = two.claim();
    for (let round = 0; round < 6; round += 1) {
      await scene.pass(scene.lease / 2);
      assert.deepEqual((await one.renew(held)).lost, []);
    }
    assert.equal(waiting.state, 'open', 'nobody else got it');
    await one.ack(held);
    waiting.stop();
    assert.deepEqual((await scene.answer(waiting)).deliveries, []);
    await scene.counts(queue, { leased: 0, waiting: 0 });
  });

  promise('renewing after the lease ended succeeds as long as nobody has taken the message', async (scene) => {
    const { one, two } = await contested(scene);
    const held = await one.takeOne();
    await scene.passBeyond(scene.lease);
    assert.deepEqual((await one.renew(held)).lost, []);
    await two.nothing();
    await one.ack(held);
  });

  promise('renewing what somebody else has taken is lost, and takes nothing from them', async (scene) => {
    const { one, two } = await contested(scene);
    const held = await one.takeOne();
    const taken = await two.takeOne(scene.lease);
    assert.deepEqual((await one.renew(held)).lost, [0]);
    await two.ack(taken);
    await scene.passBeyond(scene.lease);
    await one.nothing();
  });

  promise('renewing what is settled is lost', async (scene) => {
    const { one } = await contested(scene);
    const held = await one.takeOne();
    await one.ack(held);
    assert.deepEqual((await one.renew(held)).lost, [0]);
  });

  promise('renewing many answers by index what is lost, and renews the rest', async (scene) => {
    const queue = await scene.queue({ visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, ...numbered(4));
    const [one, two] = [await scene.consumer(queue, 'c1'), await scene.consumer(queue, 'c2')];
    const [m0, m1, m2, m3] = await one.take(4);
    assert.ok(m0 && m1 && m2 && m3);
    await one.ack(m1);
    await one.release(m3);
    await scene.pass(scene.lease / 2);
    assert.deepEqual((await one.renew(m0, m1, m2, m3)).lost, [1, 3]);
    await scene.pass(scene.lease * 0.6);
    assert.deepEqual(bodies(await two.all()), ['m3']);
  });
};
