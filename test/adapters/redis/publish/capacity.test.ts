import { expect, it } from 'vitest';
import { describeRedis } from '../../../support/redis/shared.js';
import { convertOrder } from '../../../../src/adapters/redis/order/convert.js';
import { ask, besideOf, freshTopic, looker, message, openDesk, streamOf } from '../topics/support.js';

describeRedis('the bound of a topic on Redis', () => {
  it('one settled message makes room for one, at a bound of one too', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 1 });
    await desk.subscribe(topic, 'billing');
    const { read, ack } = looker();
    const queue = { ...topic, subscription: 'billing' };
    for (let round = 0; round < 5; round += 1) {
      await desk.publish(topic, 'a');
      await expect(desk.publish(topic, 'b')).rejects.toMatchObject({ code: 'TOPIC_FULL', retryable: true });
      const ids = await read(queue);
      expect(ids).toHaveLength(1);
      await ack(queue, ...ids);
    }
  });

  it('refuses or makes way as is stored by then, whatever the publisher saw first', async () => {
    const [desk, other] = [await openDesk(), await openDesk()];
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 2, onFull: 'reject' });
    await desk.subscribe(topic, 'billing');
    await desk.publish(topic, 'a', 'b');
    await other.topic(topic, { onFull: 'dropOldest' });
    await desk.publish(topic, 'c');
    const { read } = looker();
    expect(await read({ ...topic, subscription: 'billing' })).toHaveLength(2);
    await other.topic(topic, { onFull: 'reject' });
    await expect(desk.publish(topic, 'd')).rejects.toMatchObject({ code: 'TOPIC_FULL' });
  });

  it('names the subscription that holds the topic, by what it has not settled', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 3 });
    for (const name of ['quick', 'slowpoke']) await desk.subscribe(topic, name);
    await desk.publish(topic, 'a', 'b', 'c');
    const { read, ack } = looker();
    const quick = { ...topic, subscription: 'quick' };
    await ack(quick, ...(await read(quick)));
    const error: unknown = await desk.publish(topic, 'd').catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'TOPIC_FULL', details: { subscription: 'slowpoke', unsettled: 3, maxStreamLen: 3 } });
  });

  it('counts a message that two subscriptions have not settled once, and one of each as two', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 3 });
    for (const name of ['one', 'two']) await desk.subscribe(topic, name);
    await desk.publish(topic, 'a', 'b');
    const { read, ack } = looker();
    const [one, two] = [{ ...topic, subscription: 'one' }, { ...topic, subscription: 'two' }];
    const [a = '', b = ''] = await read(one);
    await read(two);
    await ack(one, a);
    await ack(two, b);
    await desk.publish(topic, 'c');
    await expect(desk.publish(topic, 'd')).rejects.toMatchObject({ code: 'TOPIC_FULL' });
  });

  it('of calls that share a script those that fit are stored, the others are refused one by one', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 10 });
    await desk.subscribe(topic, 'billing');
    const outcomes = await Promise.allSettled([desk.publish(topic, ...Array.from({ length: 11 }, () => 'too many')), ...Array.from({ length: 14 }, (_, index) => desk.publish(topic, `m${index}`))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array.from({ length: 10 }, () => 'fulfilled'), ...Array.from({ length: 4 }, () => 'rejected')]);
    expect(await looker().bodies(topic)).toEqual(Array.from({ length: 10 }, (_, index) => `m${index}`));
  });

  it('a full topic answers duplicates and takes what is scheduled', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 1 });
    await desk.subscribe(topic, 'billing');
    await desk.publish(topic, message('a', { idempotencyKey: 'i' }));
    const [[again], [later]] = await Promise.all([desk.publish(topic, message('a', { idempotencyKey: 'i' })), desk.publish(topic, message('b', { delayMs: 60_000 }))]);
    expect([again?.duplicate, later?.dueAt === undefined]).toEqual([true, false]);
  });

  it('tells at four fifths that a topic fills, once, and again when it has emptied between', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 10 });
    await desk.subscribe(topic, 'billing');
    const filling = (): unknown[] => desk.events.filter(({ type }) => type === 'topic-filling');
    await desk.publish(topic, ...'abcdefg');
    expect(filling()).toEqual([]);
    await desk.publish(topic, 'h');
    await desk.publish(topic, 'i');
    expect(filling()).toMatchObject([{ subscription: 'billing', unsettled: 8, maxStreamLen: 10 }]);
    const { read, ack } = looker();
    const queue = { ...topic, subscription: 'billing' };
    await ack(queue, ...(await read(queue)));
    await desk.publish(topic, ...'abcdef');
    await desk.publish(topic, 'g');
    await desk.publish(topic, 'h');
    expect(filling()).toHaveLength(2);
  });

  it('without a subscription the newest stay', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 3 });
    for (const body of 'abcdefgh') await desk.publish(topic, body);
    await desk.subscribe(topic, 'late');
    expect(await looker().bodies(topic)).toEqual(['f', 'g', 'h']);
  });

  it('with dropOldest the oldest that wait make way, with an event each', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 3, onFull: 'dropOldest' });
    await desk.subscribe(topic, 'billing');
    const ids = (await desk.publish(topic, 'a', 'b', 'c')).map(({ id }) => id);
    await desk.publish(topic, 'd', 'e');
    const { raw, read } = looker();
    const left = await read({ ...topic, subscription: 'billing' });
    expect((await raw.xrange(streamOf(topic), left[0] ?? '', left[2] ?? '')).map(([, fields]) => fields[1])).toEqual(['c', 'd', 'e']);
    expect(desk.events.filter(({ type }) => type === 'dropped')).toMatchObject([{ id: ids[0], reason: 'Overflow', deliveryCount: 0 }, { id: ids[1] }]);
  });

  it('with dropOldest the oldest make way where an order is kept too', async () => {
    const desk = await openDesk({ convertOrder });
    const topic = freshTopic();
    await desk.topic(topic, { maxStreamLen: 3, onFull: 'dropOldest' });
    await desk.subscribe(topic, 'ordered', { order: 'key' });
    const ids = (await desk.publish(topic, ...['a', 'b', 'c'].map((body) => message(body, { key: 'k' })))).map(({ id }) => id);
    await desk.publish(topic, 'd', 'e');
    expect(desk.events.filter(({ type }) => type === 'dropped')).toMatchObject([{ id: ids[0], reason: 'Overflow', deliveryCount: 0 }, { id: ids[1] }]);
    expect(await looker().raw.hget(besideOf(topic, 'cursor:ordered'), 'cur')).toBe(ids[1]);
  });

  it('a lower bound holds at once', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.subscribe((await desk.topic(topic)).ref, 'billing');
    await desk.publish(topic, 'a', 'b');
    await desk.topic(topic, { maxStreamLen: 2 });
    await expect(desk.publish(topic, 'c')).rejects.toMatchObject({ code: 'TOPIC_FULL' });
    expect(await ask(desk.directory.findTopic(topic))).toMatchObject({ limits: { maxStreamLen: 2 } });
  });
});
