import { expect, it } from 'vitest';
import { describeRedis } from '../../../support/redis/shared.js';
import { ask, besideOf, freshTopic, looker, message, streamOf } from '../topics/support.js';
import { fill, numbered, openOffice, orderedConsumer } from './support.js';

const hour = 3_600_000;

describeRedis('reading what a topic in Redis retains', () => {
  it('merges shards into one order, page by page, each message once', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.topic(topic, { shardCount: 3 });
    const published: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      published.push(...(await office.publish(topic, ...Array.from({ length: 20 }, (_, n) => message(`${round}-${n}`, { key: `k${n}` })))).map(({ id }) => id));
    }
    const seen: string[] = [];
    let last = 0;
    for (let after: string | undefined; ;) {
      const page = await ask(office.inspector.read({ topic, from: 0, to: Date.now() + hour, after, max: 7 }));
      if (page.length === 0) break;
      for (const { id, publishedAt } of page) {
        expect(publishedAt).toBeGreaterThanOrEqual(last);
        last = publishedAt;
        seen.push(id);
      }
      after = page.at(-1)?.id;
    }
    expect(seen.length).toBe(200);
    expect(new Set(seen)).toEqual(new Set(published));
  });

  it('goes on behind a scheduled message, whose id does not tell its place', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    await office.publish(topic, message('s0', { delayMs: 10 }), message('s1', { delayMs: 10 }));
    await expect.poll(async () => (await office.counts(ref)).waiting).toBe(2);
    await office.publish(topic, 'a');
    const bodies: unknown[] = [];
    for (let after: string | undefined; ;) {
      const page = await ask(office.inspector.read({ topic, from: 0, to: Date.now() + hour, after, max: 1 }));
      if (page[0] === undefined) break;
      bodies.push(page[0].body);
      after = page[0].id;
    }
    expect(bodies).toEqual(['s0', 's1', 'a']);
  });

  it('goes on from the time of a scheduled message that is gone', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.publish(topic, 'a', 'b');
    const next = await ask(office.inspector.read({ topic, from: 0, to: Date.now() + hour, after: `s${Date.now() + hour}-1`, max: 5 }));
    expect(next).toEqual([]);
  });

  it('passes over what somebody else wrote into the stream', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.publish(topic, 'a');
    await looker().raw.xadd(streamOf(topic), '*', 'foreign', 'x');
    await office.publish(topic, 'b');
    expect((await ask(office.inspector.read({ topic, from: 0, to: Date.now() + hour, max: 2 }))).map(({ body }) => body)).toEqual(['a', 'b']);
  });

  it.each([[10, 5], [-5, -1], [Number.NaN, 5], [1e300, Infinity]])('from %d to %d answers nothing', async (from, to) => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.publish(topic, 'a');
    expect(await ask(office.inspector.read({ topic, from, to, max: 5 }))).toEqual([]);
  });
});

describeRedis('redelivery in Redis', () => {
  it('brings back what is settled or dead, and doubles nothing that is on its way', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    const { read, ack } = looker();
    const ids = (await office.publish(topic, ...numbered(6))).map(({ id }) => id);
    const [settled = '', dead = '', delayed = '', returned = '', leased = '', fresh = ''] = ids;
    await read(ref, 5);
    await ack(ref, settled);
    await office.put(ref, 'dead', [dead]);
    await office.put(ref, 'delayed', [delayed], { at: Date.now() + hour });
    await office.put(ref, 'retry', [returned]);
    expect(await ask(office.inspector.redeliver(ref, [...ids, ...ids, '1-1', 'no-such-id', '7:1-1', 's1-1']))).toBe(6);
    expect(await ask(office.inspector.redeliver(ref, ids))).toBe(6);
    const seen = (await ask(office.inspector.peek(ref, 100))).map(({ message: { id }, state }) => [id, state]);
    expect(seen).toEqual([[settled, 'waiting'], [dead, 'waiting'], [delayed, 'delayed'], [returned, 'waiting'], [leased, 'leased'], [fresh, 'waiting']]);
    expect(await office.counts(ref)).toMatchObject({ waiting: 4, delayed: 1, leased: 1, dead: 0 });
  });

  it('finds a scheduled message by its own id', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    const [scheduled] = await office.publish(topic, message('later', { delayMs: 10 }));
    await expect.poll(async () => (await office.counts(ref)).waiting).toBe(1);
    const { read, ack } = looker();
    await ack(ref, ...(await read(ref)));
    const id = scheduled?.id ?? '';
    expect(await ask(office.inspector.redeliver(ref, [id]))).toBe(1);
    expect(await ask(office.inspector.redeliver(ref, [id]))).toBe(1);
    expect((await ask(office.inspector.peek(ref, 10))).map(({ message }) => [message.id, message.body])).toEqual([[id, 'later']]);
  });

  it('brings settled messages of an ordered subscription back into their places', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    const ids = await fill(office, topic, 3);
    const { read, ack } = looker();
    await ack(ref, ...(await read(ref)));
    await office.subscribe(topic, 'billing', { order: 'strict' });
    expect(await ask(office.inspector.redeliver(ref, [ids[2] ?? '', ids[0] ?? '']))).toBe(2);
    expect(await ask(office.inspector.redeliver(ref, [ids[2] ?? '', ids[0] ?? '']))).toBe(2);
    expect((await ask(office.inspector.peek(ref, 10))).map(({ message: { id } }) => id)).toEqual([ids[0], ids[2]]);
    expect(await looker().raw.hget(besideOf(topic, 'hold:billing'), 's')).toBe('0|2|0|0|');
    for (const id of [ids[0], ids[2]]) {
      const consumer = await orderedConsumer(office, ref);
      const held = await consumer.take(5);
      expect(held.map(({ message }) => message.id)).toContain(id);
      await consumer.end('ack', held);
      if (held.length === 2) break;
    }
    // Nothing is left that would keep a key blocked.
    expect(await looker().raw.hkeys(besideOf(topic, 'hold:billing'))).toEqual(['']);
  });
});
