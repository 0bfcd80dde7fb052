import assert from 'node:assert/strict';
import type { Body, StoredMessage } from '../../src/port/message.js';
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

  promise('messages that come from elsewhere are put into one subscription as they were: id, body, headers, key, codec, publish time and end', async (scene) => {
    const queue = await scene.queue();
    const other = await scene.subscribe(scene.ref('orders'), 'audit');
    const at = Math.floor(scene.now()) - 1_000;
    const messages = [
      stranger('x-1', 'a', at),
      stranger('0123-ü %7B:*', Uint8Array.of(0, 255), at + 1, { headers: { h: 'ü' }, key: 'k', codec: 'cbor', expiresAt: at + 3_600_000 }),
    ];
    await scene.ask(scene.broker.inspection.restore(queue, messages));
    const taken = await (await scene.consumer(queue)).take(2);
    const restored = new Map(taken.map(({ message: one }) => [one.id, plain(one)]));
    assert.deepEqual(messages.map(({ id }) => restored.get(id)), messages.map(plain));
    assert.deepEqual(taken.map(({ deliveryCount }) => deliveryCount), [1, 1]);
    await (await scene.consumer(other)).nothing();
    assert.deepEqual(await scene.ask(scene.broker.inspection.read({ topic: scene.ref('orders'), from: 0, to: scene.now() + 60_000, max: 10 })), []);
  });

  promise('a message from elsewhere that is unsettled there is not doubled: waiting, in hand, delayed or dead', async (scene) => {
    const queue = await scene.queue();
    const at = Math.floor(scene.now()) - 1_000;
    const messages = numbered(4).map((body, index) => stranger(`x-${index}`, body, at + index));
    const restore = (): Promise<void> => scene.ask(scene.broker.inspection.restore(queue, messages));
    await restore();
    await restore();
    const consumer = await scene.consumer(queue);
    const [first, second, third] = await consumer.take(3);
    assert.ok(first && second && third);
    await consumer.settle({ token: second.token, action: 'retry', delayMs: scene.lease * 4 }, { token: third.token, action: 'dead-letter', failure: { reason: 'Rejected' } });
    await restore();
    await scene.counts(queue, { waiting: 2, leased: 1, delayed: 1, dead: 0 });
    const rest = await consumer.take(2);
    assert.deepEqual(rest.map(({ message: { id }, deliveryCount }) => [id, deliveryCount]).sort(), [['x-2', 1], ['x-3', 1]]);
    await consumer.ack([first, ...rest]);
    await restore();
    assert.deepEqual((await consumer.take(3)).map(({ message: { id } }) => id).sort(), ['x-0', 'x-2', 'x-3']);
  });

  promise('of a message from elsewhere that the topic retains its own entry counts', async (scene) => {
    const queue = await scene.queue();
    const [a, , c] = await scene.publish(queue, 'a', 'b', 'c');
    const all = (await scene.ask(scene.broker.inspection.peek(queue, 3))).map((one) => one.message);
    const consumer = await scene.consumer(queue);
    const [first] = await consumer.take(2);
    assert.ok(first);
    await consumer.ack(first);
    await scene.ask(scene.broker.inspection.restore(queue, all));
    await scene.counts(queue, { waiting: 2, leased: 1 });
    assert.deepEqual((await consumer.take(2)).map(({ message: { id } }) => id).sort(), [a?.id, c?.id].sort());
    await consumer.nothing();
  });

  promise('a message that the topic has no more comes back under its id, in its old place where an order is kept', async (scene) => {
    const queue = await scene.queue({ order: 'key' });
    const sent = await scene.publish(queue, ...numbered(3).map((body) => message(body, { key: 'k' })));
    const found = (await scene.ask(scene.broker.inspection.peek(queue, 3))).map((one) => one.message);
    await scene.ask(scene.broker.inspection.purge(scene.ref('orders')));
    await scene.publish(queue, message('m3', { key: 'k' }));
    await scene.ask(scene.broker.inspection.restore(queue, [...found].reverse()));
    const consumer = await scene.consumer(queue);
    const seen: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const one = await consumer.takeOne();
      seen.push(String(one.message.body));
      if (round < 3) assert.equal(one.message.id, sent[round]?.id);
      await consumer.ack(one);
    }
    assert.deepEqual(seen, ['m0', 'm1', 'm2', 'm3']);
    await consumer.nothing();
  });

  promise('what comes from elsewhere is leased, retried, dead-lettered and redriven as any other, asks for no room, and ends by its time to live', async (scene) => {
    const queue = await scene.queue({ maxDeliveries: 2 }, { maxStreamLen: 1 });
    await scene.publish(queue, 'full');
    const at = Math.floor(scene.now()) - 1_000;
    const consumer = await scene.consumer(queue);
    const full = await consumer.takeOne();
    await scene.ask(scene.broker.inspection.restore(queue, [stranger('x-1', 'a', at), stranger('x-2', 'b', at, { expiresAt: at + 500 }), stranger('x-3', 'c', at)]));
    const taken = await consumer.take(2);
    assert.deepEqual(bodies(taken).map(String).sort(), ['a', 'c']);
    await consumer.ack(taken.filter(({ message: { id } }) => id === 'x-3'));
    await consumer.retry(taken.filter(({ message: { id } }) => id === 'x-1'), 0);
    await consumer.settle({ token: (await consumer.takeOne()).token, action: 'retry', delayMs: 0 });
    const dead = await scene.ask(scene.broker.inspection.peekDeadLetters(queue, 10));
    assert.deepEqual(dead.map(({ message: { id, body }, history }) => [id, body, history.at(-1)?.reason]).sort(), [['x-1', 'a', 'MaxDeliveries'], ['x-2', 'b', 'Expired']]);
    assert.equal(await scene.ask(scene.broker.inspection.redrive({ subscription: queue, ids: ['x-1'] })), 1);
    const last = await consumer.takeOne();
    assert.deepEqual([last.message.id, last.deliveryCount], ['x-1', 1]);
    await consumer.ack([last, full]);
    await scene.counts(queue, { waiting: 0, leased: 0, delayed: 0, dead: 1 });
  });
};

function stranger(id: string, body: Body, publishedAt: number, more: Partial<StoredMessage> = {}): StoredMessage {
  return { id, body, headers: {}, codec: undefined, key: undefined, publishedAt, expiresAt: undefined, ...more };
}
