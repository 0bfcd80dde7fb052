import { expect, it } from 'vitest';
import { skipScript } from '../../../../src/adapters/redis/inspection/purge-scripts.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { ask, besideOf, freshTopic, looker, message, streamOf } from '../topics/support.js';
import type { Office } from './support.js';
import { fill, numbered, openOffice, orderedConsumer } from './support.js';

const hour = 3_600_000;

async function bodiesFor(office: Office, ref: Parameters<Office['counts']>[0]): Promise<unknown[]> {
  return (await ask(office.inspector.peek(ref, 10_000))).map(({ message: { body } }) => body);
}

describeRedis('purge in Redis', () => {
  it('removes what waits, came back or is delayed, for every subscription, and leaves what is leased or dead', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    await office.subscribe(topic, 'audit');
    await office.publish(topic, ...numbered(8));
    const [m0 = '', m1 = '', m2 = ''] = await looker().read(ref, 5);
    await office.put(ref, 'retry', [m0]);
    await office.put(ref, 'delayed', [m1], { at: Date.now() + hour });
    await office.put(ref, 'dead', [m2]);
    expect(await ask(office.inspector.purge(topic))).toBe(2 + 3 + 8);
    expect(await office.counts(ref)).toMatchObject({ waiting: 0, delayed: 0, leased: 2, dead: 1 });
    expect(await office.counts({ ...topic, subscription: 'audit' })).toMatchObject({ waiting: 0 });
    expect(await bodiesFor(office, ref)).toEqual(['m3', 'm4']);
    expect(await ask(office.inspector.purge(topic))).toBe(0);
  });

  it('takes what nobody holds out of the topic, so that it does not come back to whoever begins at the earliest', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    await office.publish(topic, 'came back', 'leased', 'waits');
    const receipts = await office.publish(topic, message('was due', { delayMs: 20 }));
    await expect.poll(async () => (await office.counts(ref)).waiting).toBe(4);
    const [back = '', , , due = ''] = await looker().read(ref, 1).then(async (ids) => [...ids, ...(await looker().read(ref, 3)).slice(1)]);
    await office.put(ref, 'retry', [back]);
    await office.put(ref, 'delayed', [due], { at: Date.now() + hour });
    expect(receipts[0]?.id).toMatch(/^s/);
    expect(await ask(office.inspector.purge(topic))).toBe(2);
    await office.subscribe(topic, 'late');
    expect(await bodiesFor(office, { ...topic, subscription: 'late' })).toEqual(['leased', 'waits']);
    expect((await ask(office.inspector.stats(topic))).length).toBe(2);
  });

  it('counts and removes many pages', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    const ids = await fill(office, topic, 4_300);
    await looker().read(ref, 3_000);
    await office.put(ref, 'retry', ids.slice(0, 1_200));
    await office.put(ref, 'delayed', ids.slice(1_200, 2_400), { at: Date.now() + hour });
    expect(await ask(office.inspector.purge(topic))).toBe(1_200 + 1_200 + 1_300);
    expect(await office.counts(ref)).toMatchObject({ waiting: 0, delayed: 0, leased: 600 });
    expect((await ask(office.inspector.stats(topic))).length).toBe(600);
  });

  it('goes on where a step was answered and the answer was lost', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    await office.publish(topic, 'a', 'b');
    const step = (token: string): Promise<unknown> => office.context.connection.run(skipScript, [streamOf(topic), besideOf(topic, 'state:billing')], ['billing', token]);
    const first = await step('t');
    expect(await step('t')).toEqual(first);
    expect(await step('u')).not.toEqual(first);
  });

  it('empties a topic that has no subscription', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.publish(topic, ...numbered(5));
    expect(await ask(office.inspector.purge(topic))).toBe(0);
    expect((await ask(office.inspector.stats(topic))).length).toBe(0);
    await office.publish(topic, 'next');
    await office.subscribe(topic, 'billing');
    expect(await bodiesFor(office, { ...topic, subscription: 'billing' })).toEqual(['next']);
  });

  it('frees the keys of a subscription that keeps an order', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing', { order: 'key' });
    const of = (body: string, key: string): ReturnType<typeof message> => message(body, { key });
    await office.publish(topic, of('a', 'x\0\u0001'), of('b', 'x\0\u0001'), of('c', 'y'), of('d', 'y'), of('e', 'z'));
    const [first, second] = [await orderedConsumer(office, ref), await orderedConsumer(office, ref)];
    await first.end('retry', await first.take(1), hour);
    const held = await second.take(1);
    expect(held.map(({ message: { body } }) => body)).toEqual(['c']);
    expect(await ask(office.inspector.purge(topic))).toBe(4);
    expect(await office.counts(ref)).toMatchObject({ waiting: 0, delayed: 0, leased: 1 });
    await office.publish(topic, of('f', 'x\0\u0001'), of('g', 'y'));
    const next = await (await orderedConsumer(office, ref)).take(5);
    expect(next.map(({ message: { body } }) => body)).toEqual(['f']);
    await second.end('ack', held);
    expect((await (await orderedConsumer(office, ref)).take(5)).map(({ message: { body } }) => body)).toEqual(['g']);
    const { raw } = looker();
    expect(await raw.call('ZRANGE', besideOf(topic, 'parked:billing'), 0, -1)).toEqual(['']);
    expect(await raw.call('ZRANGE', besideOf(topic, 'floor:billing'), 0, -1)).toEqual(['']);
  });
});
