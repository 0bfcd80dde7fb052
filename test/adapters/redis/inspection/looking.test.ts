import { expect, it } from 'vitest';
import { describeRedis } from '../../../support/redis/shared.js';
import { ask, besideOf, freshTopic, looker, message, streamOf } from '../topics/support.js';
import { fill, numbered, openOffice, orderedConsumer } from './support.js';

const hour = 3_600_000;

describeRedis('counts of a subscription in Redis', () => {
  it('are exact behind a hole in the stream, where the server itself cannot tell', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    const ids = await fill(office, topic, 3_500);
    const { raw, read } = looker();
    await read(ref, 100);
    await raw.xdel(streamOf(topic), ids[2_000] ?? '', ids[2_001] ?? '');
    expect(await raw.call('XINFO', 'GROUPS', streamOf(topic)).then(String)).not.toContain('3400');
    expect(await office.counts(ref)).toMatchObject({ waiting: 3_398, leased: 100, delayed: 0, dead: 0 });
  });

  it('are exact where the server has no lag, as before 7.0', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.topic(topic);
    await fill(office, topic, 1_200);
    // A group that begins in the middle: nobody knows how many came before.
    const [, middle] = await looker().raw.xrange(streamOf(topic), '-', '+', 'COUNT', 2);
    await office.subscribe(topic, 'late', {}, { startFrom: { from: Number(middle?.[0].split('-')[0]) } });
    const { waiting } = await office.counts({ ...topic, subscription: 'late' });
    const all = (await ask(office.inspector.peek({ ...topic, subscription: 'late' }, 10_000))).length;
    expect(waiting).toBe(all);
  });

  it('count a lease that is past its deadline as waiting', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing', { visibilityTimeoutMs: 300 });
    await office.publish(topic, 'a', 'b');
    await looker().read(ref, 1);
    expect(await office.counts(ref)).toMatchObject({ waiting: 1, leased: 1 });
    await expect.poll(() => office.counts(ref)).toMatchObject({ waiting: 2, leased: 0 });
    expect((await ask(office.inspector.peek(ref, 10))).map(({ state, deliveryCount }) => [state, deliveryCount])).toEqual([['waiting', 1], ['waiting', 0]]);
  });

  it('count more leases than fit into one page', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing', { visibilityTimeoutMs: 600 });
    await fill(office, topic, 1_300);
    await looker().read(ref, 1_300);
    expect(await office.counts(ref)).toMatchObject({ waiting: 0, leased: 1_300 });
    await expect.poll(() => office.counts(ref)).toMatchObject({ waiting: 1_300, leased: 0 });
  });

  it('tell the age of the oldest, wherever it is', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    const { raw, read, ack } = looker();
    const old = `${Date.now() - hour}-0`;
    await raw.xadd(streamOf(topic), old, 'b', 'old');
    const isOld = async (): Promise<boolean> => ((await office.counts(ref)).oldestAgeMs ?? 0) >= hour;
    expect(await isOld()).toBe(true);
    await read(ref);
    await office.publish(topic, 'new');
    expect(await isOld()).toBe(true);
    await office.put(ref, 'retry', [old]);
    expect(await isOld()).toBe(true);
    await raw.call('XTRIM', besideOf(topic, 'retry:billing'), 'MAXLEN', 0);
    expect(await isOld()).toBe(false);
    await office.put(ref, 'delayed', [old], { at: Date.now() + hour });
    expect(await isOld()).toBe(true);
    await raw.del(besideOf(topic, 'delayed:billing'));
    expect(await isOld()).toBe(false);
    await ack(ref, ...(await read(ref)));
    expect((await office.counts(ref)).oldestAgeMs).toBeNull();
  });

  it('are summed over shards', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.topic(topic, { shardCount: 3 });
    await office.subscribe(topic, 'billing');
    await office.publish(topic, ...Array.from({ length: 60 }, (_, n) => message(`m${n}`, { key: `k${n}` })), message('later', { delayMs: hour }));
    const stats = await ask(office.inspector.stats(topic));
    expect([stats.length, stats.scheduled, stats.subscriptions[0]?.waiting]).toEqual([60, 1, 60]);
  });

  it('do not list a group that was lost as empty: it is made again first', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    await office.publish(topic, 'a', 'b');
    await looker().raw.call('XGROUP', 'DESTROY', streamOf(topic), 'billing');
    expect(await office.counts(ref)).toMatchObject({ waiting: 2 });
    expect(office.events.map(({ type }) => type)).toEqual(['store-lost']);
  });
});

describeRedis('peek in Redis', () => {
  it('puts what came back, is delayed, leased and new into the order of the topic', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    await office.publish(topic, ...numbered(6));
    const [m0 = '', , m2 = '', m3 = ''] = await looker().read(ref, 5);
    await office.put(ref, 'retry', [m3], { attempts: 2 });
    await office.put(ref, 'delayed', [m2], { at: Date.now() + hour, attempts: 3 });
    await office.put(ref, 'retry', [m0], { attempts: 1 });
    const seen = async (limit: number): Promise<unknown[]> => (await ask(office.inspector.peek(ref, limit))).map(({ message: { body }, state, deliveryCount }) => [body, state, deliveryCount]);
    const all = [['m0', 'waiting', 1], ['m1', 'leased', 1], ['m2', 'delayed', 3], ['m3', 'waiting', 2], ['m4', 'leased', 1], ['m5', 'waiting', 0]];
    expect(await seen(10)).toEqual(all);
    expect(await seen(3)).toEqual(all.slice(0, 3));
  });

  it('shows more than a page, in order', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    const ids = await fill(office, topic, 2_400);
    await looker().read(ref, 1_200);
    await office.put(ref, 'retry', ids.slice(0, 1_100).reverse());
    expect((await ask(office.inspector.peek(ref, 10_000))).map(({ message: { id } }) => id)).toEqual(ids);
  });

  it('shows parked and delayed messages of a subscription that keeps an order in their places', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing', { order: 'key' });
    await office.publish(topic, message('a', { key: 'x' }), message('b', { key: 'x' }), message('c', { key: 'y' }), message('d', { key: 'x' }));
    const consumer = await orderedConsumer(office, ref);
    const [a] = await consumer.take(1);
    await consumer.end('retry', a === undefined ? [] : [a], hour);
    // At once: a claim that came while the turn before it ended was once never looked at.
    const [c] = await consumer.take(4);
    expect(c?.message.body).toBe('c');
    const seen = (await ask(office.inspector.peek(ref, 10))).map(({ message: { body }, state, deliveryCount }) => [body, state, deliveryCount]);
    expect(seen).toEqual([['a', 'delayed', 1], ['b', 'waiting', 0], ['c', 'leased', 1], ['d', 'waiting', 0]]);
    expect(await office.counts(ref)).toMatchObject({ waiting: 2, delayed: 1, leased: 1 });
  });
});
