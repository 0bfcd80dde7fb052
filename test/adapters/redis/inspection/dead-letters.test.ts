import { expect, it } from 'vitest';
import { redrive } from '../../../../src/adapters/redis/inspection/redrive.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { ask, besideOf, freshTopic, looker, message } from '../topics/support.js';
import type { Office } from './support.js';
import { fill, openOffice, orderedConsumer } from './support.js';
import type { SubscriptionRef } from '../../../../src/port/names.js';

async function graveyard(office: Office, count: number): Promise<{ readonly ref: SubscriptionRef; readonly ids: readonly string[] }> {
  const topic = freshTopic();
  const ref = { ...topic, subscription: 'billing' };
  await office.topic(topic);
  await office.subscribe(topic, 'billing');
  const ids = await fill(office, topic, count);
  await looker().read(ref, count);
  return { ref, ids };
}

async function deadIn(office: Office, ref: SubscriptionRef): Promise<string[]> {
  return (await ask(office.inspector.peekDeadLetters(ref, 1_000_000))).map(({ message: { id } }) => id);
}

describeRedis('dead letters in Redis', () => {
  it('are shown in the order of their deaths, those of one instant in the order of the topic', async () => {
    const office = await openOffice();
    const { ref, ids } = await graveyard(office, 2_500);
    await office.put(ref, 'dead', ids.slice(1_200), { at: 1_000 });
    await office.put(ref, 'dead', ids.slice(0, 1_200).reverse(), { at: 2_000 });
    const inOrder = [...ids.slice(1_200), ...ids.slice(0, 1_200)];
    expect(await deadIn(office, ref)).toEqual(inOrder);
    expect((await ask(office.inspector.peekDeadLetters(ref, 1_301))).map(({ message: { id } }) => id)).toEqual(inOrder.slice(0, 1_301));
  });

  it('keep the history that is in them, and are shown where it is damaged', async () => {
    const office = await openOffice();
    const { ref, ids } = await graveyard(office, 2);
    await office.put(ref, 'dead', ids.slice(0, 1), { reason: 'First", "errors": ["E: x"], "description": "d', attempts: 3, at: 5 });
    await office.put(ref, 'dead', ids.slice(1), { reason: 'half an object {', attempts: 2, at: 6 });
    const [first, second] = await ask(office.inspector.peekDeadLetters(ref, 10));
    expect([first?.deliveryCount, first?.history]).toEqual([3, [{ reason: 'First', errors: ['E: x'], description: 'd', deadAt: 5, deliveryCount: 3 }]]);
    expect(second?.message.body).toBe('m1');
  });

  it('are purged page by page', async () => {
    const office = await openOffice();
    const { ref, ids } = await graveyard(office, 1_700);
    await office.put(ref, 'dead', ids);
    expect(await ask(office.inspector.purgeDeadLetters(ref))).toBe(1_700);
    expect(await deadIn(office, ref)).toEqual([]);
    const { raw } = looker();
    expect([await raw.hlen(besideOf(ref, 'dead-body:billing')), await raw.zcard(besideOf(ref, 'dead:billing'))]).toEqual([1, 1]);
  });
});

describeRedis('redrive in Redis', () => {
  it('puts thousands back, each once, whoever else does so at the same time', async () => {
    const [one, other] = [await openOffice(), await openOffice()];
    const { ref, ids } = await graveyard(one, 3_200);
    await one.put(ref, 'dead', ids, { at: 7 });
    const counts = await Promise.all([one, other].map(({ inspector }) => ask(inspector.redrive({ subscription: ref }))));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3_200);
    expect(await one.counts(ref)).toMatchObject({ dead: 0, waiting: 3_200 });
    expect(new Set((await ask(one.inspector.peek(ref, 10_000))).map(({ message: { id } }) => id))).toEqual(new Set(ids));
  });

  it('finds those of one reason among thousands of others, which stay', async () => {
    const office = await openOffice();
    const { ref, ids } = await graveyard(office, 2_200);
    const wanted = ids.filter((_, n) => n % 7 === 0);
    await office.put(ref, 'dead', ids.filter((_, n) => n % 7 !== 0), { reason: 'Other', at: 9 });
    await office.put(ref, 'dead', wanted, { reason: 'Wanted', at: 9 });
    expect(await ask(office.inspector.redrive({ subscription: ref, reason: 'Wanted' }))).toBe(wanted.length);
    expect(await office.counts(ref)).toMatchObject({ dead: 2_200 - wanted.length, waiting: wanted.length });
    expect((await ask(office.inspector.peek(ref, 10_000))).map(({ message: { id } }) => id)).toEqual(wanted);
  });

  it('takes at most so many: of named ones, of all, the oldest death first', async () => {
    const office = await openOffice();
    const { ref, ids } = await graveyard(office, 40);
    for (const [n, id] of ids.entries()) await office.put(ref, 'dead', [id], { at: 1_000 - n });
    expect(await ask(office.inspector.redrive({ subscription: ref, ids: [...ids.slice(0, 10), 'x', '9:1-1'], max: 3 }))).toBe(3);
    expect(await ask(office.inspector.redrive({ subscription: ref, max: 30 }))).toBe(30);
    expect(new Set(await deadIn(office, ref))).toEqual(new Set(ids.slice(0, 7)));
  });

  it('begins the count anew and keeps the history', async () => {
    const office = await openOffice();
    const { ref, ids } = await graveyard(office, 1);
    await office.put(ref, 'dead', ids, { reason: 'Once', attempts: 5 });
    await ask(office.inspector.redrive({ subscription: ref }));
    const fields = (await looker().raw.xrange(besideOf(ref, 'retry:billing'), '-', '+')).flatMap(([, pairs]) => pairs);
    const named = Object.fromEntries(fields.flatMap((name, n) => (n % 2 === 0 ? [[name, fields[n + 1]]] : [])));
    expect(named).toMatchObject({ b: 'm0', i: ids[0], a: '0' });
    expect(named['l']).toBeUndefined();
    expect(named['d']).toContain('"Once"');
  });

  it('puts a message of an ordered subscription back before its successors', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing', { order: 'key' });
    await office.publish(topic, message('a', { key: 'k' }), message('b', { key: 'k' }), message('c', { key: 'k' }));
    const first = await orderedConsumer(office, ref);
    const [a] = await first.take(1);
    const second = await orderedConsumer(office, ref);
    await first.end('dead-letter', a === undefined ? [] : [a]);
    const [b] = await second.take(1);
    expect(b?.message.body).toBe('b');
    expect(await ask(office.inspector.redrive({ subscription: ref }))).toBe(1);
    expect(await office.counts(ref)).toMatchObject({ waiting: 2, leased: 1, dead: 0 });
    await second.end('ack', b === undefined ? [] : [b]);
    const third = await orderedConsumer(office, ref);
    expect((await third.take(2)).map(({ message: { body }, deliveryCount }) => [body, deliveryCount])[0]).toEqual(['a', 1]);
  });

  it('goes to where the order wants it that somebody else has changed meanwhile', async () => {
    const office = await openOffice();
    const { ref, ids } = await graveyard(office, 3);
    await office.put(ref, 'dead', ids);
    const before = await office.directory.subscription(ref);
    await office.subscribe(ref, 'billing', { order: 'strict' });
    if (before === undefined) expect.fail('no subscription');
    expect(await redrive(office.context, office.directory, before, { subscription: ref })).toBe(3);
    const [first] = await (await orderedConsumer(office, ref)).take(1);
    expect(first?.message.body).toBe('m0');
    await office.subscribe(ref, 'billing', { order: 'none' });
    expect(await office.counts(ref)).toMatchObject({ waiting: 2, leased: 1 });
  });
});
