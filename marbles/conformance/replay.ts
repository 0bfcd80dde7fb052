import assert from 'node:assert/strict';
import type { Body } from '../../src/port/message.js';
import { bodies, message, numbered, plain } from './defaults.js';
import type { Concern } from './suite.js';

export const replay: Concern = ({ promise, harness }) => {
  const keeps = harness.capabilities.replay;

  promise('read answers what the topic retains, in order, page by page', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...numbered(5));
    const range = { topic: scene.ref('orders'), from: 0, to: scene.now() + 60_000 };
    const pages: (readonly Body[])[] = [];
    let after: string | undefined;
    for (let page = 0; page < 4; page += 1) {
      const read = await scene.ask(scene.broker.inspection.read({ ...range, after, max: 2 }));
      pages.push(read.map(({ body }) => body));
      after = read.at(-1)?.id ?? after;
    }
    assert.deepEqual(pages, [['m0', 'm1'], ['m2', 'm3'], ['m4'], []]);
  });

  promise('read keeps to its time range, both ends included', async (scene) => {
    const queue = await scene.queue();
    for (const body of numbered(4)) {
      await scene.publish(queue, body);
      await scene.pass(scene.lease);
    }
    const [, m1, m2] = await (await scene.consumer(queue)).take(4);
    assert.ok(m1 && m2);
    const read = await scene.ask(
      scene.broker.inspection.read({ topic: scene.ref('orders'), from: m1.message.publishedAt, to: m2.message.publishedAt, max: 10 }),
    );
    assert.deepEqual(
      read.map(({ body }) => body),
      ['m1', 'm2'],
    );
  });

  promise('read shows a message as it was published, and takes nothing', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, message(Uint8Array.of(1, 0, 255), { headers: { h: 'ü' }, key: 'k', codec: 'cbor', ttlMs: 60_000 }));
    const [read] = await scene.ask(scene.broker.inspection.read({ topic: scene.ref('orders'), from: 0, to: scene.now() + 60_000, max: 10 }));
    const { message: taken, deliveryCount } = await (await scene.consumer(queue)).takeOne();
    assert.ok(read);
    assert.deepEqual(plain(read), plain(taken));
    assert.equal(deliveryCount, 1);
  });

  promise(keeps ? 'settled messages can be read' : 'settled messages can not be read', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    const consumer = await scene.consumer(queue);
    await consumer.ack(await consumer.takeOne());
    const read = await scene.ask(scene.broker.inspection.read({ topic: scene.ref('orders'), from: 0, to: scene.now() + 60_000, max: 10 }));
    assert.deepEqual(
      read.map(({ body }) => body),
      keeps ? ['a'] : [],
    );
  });

  promise(
    keeps ? 'settled messages can be delivered again, to one subscription, as new deliveries' : 'settled messages are not delivered again',
    async (scene) => {
      const queue = await scene.queue();
      const other = await scene.subscribe(scene.ref('orders'), 'audit');
      const receipts = await scene.publish(queue, 'a', 'b');
      for (const one of [queue, other]) {
        const consumer = await scene.consumer(one);
        await consumer.ack(await consumer.take(2));
      }
      const ids = [receipts[1]?.id ?? '', 'no-such-id'];
      assert.equal(await scene.ask(scene.broker.inspection.redeliver(queue, ids)), keeps ? 1 : 0);
      const again = await (await scene.consumer(queue)).all();
      assert.deepEqual(
        again.map(({ message: { id, body }, deliveryCount }) => [id, body, deliveryCount]),
        keeps ? [[receipts[1]?.id, 'b', 1]] : [],
      );
      await (await scene.consumer(other)).nothing();
    },
  );

  if (keeps) {
    promise('what is delivered again is leased, retried and settled as any other', async (scene) => {
      const queue = await scene.queue({ maxDeliveries: 2 });
      const [receipt] = await scene.publish(queue, 'a');
      const consumer = await scene.consumer(queue);
      await consumer.ack(await consumer.takeOne());
      const waiting = consumer.claim();
      await scene.ask(scene.broker.inspection.redeliver(queue, [receipt?.id ?? '']));
      const { deliveries } = await scene.answer(waiting);
      assert.deepEqual(bodies(deliveries), ['a']);
      await consumer.retry(deliveries, 0);
      const last = await consumer.takeOne();
      assert.equal(last.deliveryCount, 2);
      await consumer.ack(last);
      await scene.counts(queue, { waiting: 0, leased: 0, delayed: 0, dead: 0 });
    });
  }
};
