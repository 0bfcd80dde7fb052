import assert from 'node:assert/strict';
import type { DeadLetterRecord } from '../../src/port/inspection.js';
import type { FailureNote } from '../../src/port/lease.js';
import type { SubscriptionRef } from '../../src/port/names.js';
import { bodies, message, numbered, plain } from './defaults.js';
import type { Scene } from './scene.js';
import type { Concern } from './suite.js';

function records(scene: Scene, queue: SubscriptionRef, limit = 100): Promise<readonly DeadLetterRecord[]> {
  return scene.ask(scene.broker.inspection.peekDeadLetters(queue, limit));
}

/** Publishes messages and rejects each, with its body as the reason. */
async function graveyard(scene: Scene, ...texts: readonly string[]): Promise<SubscriptionRef> {
  const queue = await scene.queue();
  await scene.publish(queue, ...texts);
  const consumer = await scene.consumer(queue);
  for (const one of await consumer.take(texts.length)) await consumer.bury(one, String(one.message.body));
  return queue;
}

export const deadLetters: Concern = ({ promise }) => {
  promise('a dead letter holds the whole message, the count and what was said of the failure', async (scene) => {
    const queue = await scene.queue();
    const [receipt] = await scene.publish(queue, message(Uint8Array.of(0, 255, 1), { headers: { type: 'ä' }, key: 'k', codec: 'cbor' }));
    const consumer = await scene.consumer(queue);
    await consumer.retry(await consumer.takeOne(), 0);
    const before = scene.now();
    const failure: FailureNote = { reason: 'BadIban', description: 'no such bank\n"quoted"', errors: ['TypeError: x is not a function', 'Error: ünder'] };
    const held = await consumer.takeOne();
    await consumer.end('dead-letter', held, { failure });
    const [record, ...more] = await records(scene, queue);
    assert.ok(record && more.length === 0);
    assert.deepEqual(plain(record.message), plain(held.message));
    assert.deepEqual([record.message.body, { ...record.message.headers }, record.message.key], [Uint8Array.of(0, 255, 1), { type: 'ä' }, 'k']);
    assert.deepEqual([record.message.id, record.subscription, record.deliveryCount, record.history.length], [receipt?.id, 'billing', 2, 1]);
    const { deadAt, deliveryCount, ...note } = record.history[0] ?? assert.fail('there is no history');
    assert.deepEqual([{ ...note }, deliveryCount], [{ ...failure }, 2]);
    scene.onTime(deadAt, before);
  });

  promise('dead letters are shown oldest first, as many as were asked for', async (scene) => {
    const queue = await graveyard(scene, ...numbered(5));
    assert.deepEqual(
      (await records(scene, queue, 3)).map(({ message: { body } }) => body),
      ['m0', 'm1', 'm2'],
    );
    assert.equal((await records(scene, queue)).length, 5, 'looking took none away');
  });

  promise('a message is in the dead letters exactly once, whatever is repeated or lapses afterwards', async (scene) => {
    const queue = await scene.queue({ visibilityTimeoutMs: scene.lease });
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const held = await consumer.takeOne();
    await consumer.bury([held, held]);
    await consumer.bury(held);
    await scene.passBeyond(2 * scene.lease);
    await consumer.nothing();
    assert.equal((await records(scene, queue)).length, 1);
    await scene.counts(queue, { dead: 1 });
  });

  promise('purging the dead letters answers how many there were, and leaves the rest of the subscription', async (scene) => {
    const queue = await graveyard(scene, 'a', 'b');
    await scene.publish(queue, 'c');
    assert.equal(await scene.ask(scene.broker.inspection.purgeDeadLetters(queue)), 2);
    assert.equal(await scene.ask(scene.broker.inspection.purgeDeadLetters(queue)), 0);
    assert.deepEqual(await records(scene, queue), []);
    await scene.counts(queue, { dead: 0, waiting: 1 });
  });

  promise('redrive puts dead letters back with a fresh count, once', async (scene) => {
    const queue = await graveyard(scene, 'a', 'b');
    assert.equal(await scene.ask(scene.broker.inspection.redrive({ subscription: queue })), 2);
    await scene.counts(queue, { dead: 0, waiting: 2 });
    const taken = await (await scene.consumer(queue)).all();
    assert.deepEqual(taken.map(({ message: { body }, deliveryCount, isolated }) => [body, deliveryCount, isolated]).sort(), [
      ['a', 1, false],
      ['b', 1, false],
    ]);
    assert.equal(await scene.ask(scene.broker.inspection.redrive({ subscription: queue })), 0);
  });

  promise('a redriven message keeps its id, and may be handed out maxDeliveries times again', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 2 });
    const [receipt] = await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    const die = async (): Promise<void> => {
      await consumer.retry(await consumer.takeOne(), 0);
      const last = await consumer.takeOne();
      assert.equal(last.message.id, receipt?.id);
      assert.deepEqual(await consumer.settle({ token: last.token, action: 'retry', delayMs: 0 }), [{ index: 0, result: 'dead-lettered' }]);
    };
    await die();
    await scene.ask(scene.broker.inspection.redrive({ subscription: queue }));
    await die();
    assert.equal((await records(scene, queue)).length, 1);
  });

  promise('the history of a message that died again holds both deaths, the latest last', async (scene) => {
    const queue = await graveyard(scene, 'first');
    await scene.ask(scene.broker.inspection.redrive({ subscription: queue }));
    const consumer = await scene.consumer(queue);
    await consumer.bury(await consumer.takeOne(), 'second');
    const [record] = await records(scene, queue);
    assert.deepEqual(
      record?.history.map(({ reason }) => reason),
      ['first', 'second'],
    );
  });

  promise('redrive by ids takes these only', async (scene) => {
    const queue = await graveyard(scene, ...numbered(4));
    const ids = (await records(scene, queue)).map(({ message: { id } }) => id);
    assert.equal(await scene.ask(scene.broker.inspection.redrive({ subscription: queue, ids: [...ids.slice(1, 3), 'no-such-id'] })), 2);
    assert.deepEqual(
      bodies(await (await scene.consumer(queue)).all())
        .map(String)
        .sort(),
      ['m1', 'm2'],
    );
    assert.deepEqual(
      (await records(scene, queue)).map(({ message: { body } }) => body),
      ['m0', 'm3'],
    );
  });

  promise('redrive by reason takes those whose latest reason it is', async (scene) => {
    const queue = await graveyard(scene, 'Timeout', 'BadIban');
    await scene.ask(scene.broker.inspection.redrive({ subscription: queue, reason: 'Timeout' }));
    const consumer = await scene.consumer(queue);
    const again = await consumer.takeOne();
    assert.equal(again.message.body, 'Timeout');
    await consumer.bury(again, 'BadIban');
    assert.equal(await scene.ask(scene.broker.inspection.redrive({ subscription: queue, reason: 'Timeout' })), 0);
    assert.equal(await scene.ask(scene.broker.inspection.redrive({ subscription: queue, reason: 'BadIban' })), 2);
  });

  promise('redrive takes at most so many, the oldest first', async (scene) => {
    const queue = await graveyard(scene, ...numbered(4));
    assert.equal(await scene.ask(scene.broker.inspection.redrive({ subscription: queue, max: 3 })), 3);
    assert.deepEqual(
      (await records(scene, queue)).map(({ message: { body } }) => body),
      ['m3'],
    );
  });

  promise('a waiting consumer wakes for a redriven message', async (scene) => {
    const queue = await graveyard(scene, 'a');
    const waiting = (await scene.consumer(queue)).claim();
    await scene.pass(scene.harness.quietMs);
    await scene.ask(scene.broker.inspection.redrive({ subscription: queue }));
    assert.deepEqual(bodies((await scene.answer(waiting)).deliveries), ['a']);
  });
};
