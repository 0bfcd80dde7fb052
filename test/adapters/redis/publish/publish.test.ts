import { expect, it } from 'vitest';
import { describeRedis } from '../../../support/redis/shared.js';
import { ask, besideOf, freshTopic, looker, message, openDesk, streamOf } from '../topics/support.js';

describeRedis('publishing to Redis', () => {
  it('stores a batch in order and answers the ids of its entries', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const receipts = await desk.publish(topic, 'a', 'b', 'c');
    const { raw, bodies } = looker();
    expect(await bodies(topic)).toEqual(['a', 'b', 'c']);
    expect(receipts.map(({ id }) => id)).toEqual((await raw.xrange(streamOf(topic), '-', '+')).map(([id]) => id));
  });

  it('carries what was published in one turn in one call', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.publish(topic, 'first');
    const { raw } = looker();
    const before = await commands(raw);
    await Promise.all(Array.from({ length: 100 }, (_, index) => desk.publish(topic, `m${index}`)));
    expect(await commands(raw) - before).toBeLessThan(4);
    expect(await raw.xlen(streamOf(topic))).toBe(101);
  });

  it('keeps the fields of a message beside its body, and no others', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.publish(topic, message('a', { key: 'k', headers: { h: '1' }, codec: 'cbor' }), 'plain');
    const { raw } = looker();
    expect((await raw.xrange(streamOf(topic), '-', '+')).map(([, fields]) => fields)).toEqual([['b', 'a', 'k', 'k', 'h', '{"h":"1"}', 'c', 'cbor'], ['b', 'plain']]);
  });

  it('a message with a time to live expires so long after the time of its entry', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const receipts = await desk.publish(topic, ...Array.from({ length: 300 }, () => message('a', { ttlMs: 1_000 })));
    const { raw } = looker();
    for (const [id, fields] of await raw.xrange(streamOf(topic), '-', '+')) expect(Number(fields[3])).toBe(Number(id.split('-')[0]) + 1_000);
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(300);
  });

  it('a batch under a token that was seen is answered as before and not stored again', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const first = await desk.publishAs('t', topic, 'a', 'b');
    expect(await desk.publishAs('t', topic, 'a', 'b')).toEqual(first);
    expect(await looker().bodies(topic)).toEqual(['a', 'b']);
  });

  it('keeps keys of a hash for two windows at most', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { idempotencyWindowMs: 1 });
    for (let round = 0; round < 20; round += 1) await desk.publish(topic, ...Array.from({ length: 50 }, (_, index) => message('a', { idempotencyKey: `${round}/${index}` })));
    const { raw } = looker();
    expect(await raw.hlen(besideOf(topic, 'idem:0')) + await raw.hlen(besideOf(topic, 'idem:1'))).toBeLessThan(500);
  });

  it('a scheduled message comes when it is due, moved by the process that published it', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const [receipt] = await desk.publish(topic, message('later', { delayMs: 100, ttlMs: 50, key: 'k' }));
    const { raw, bodies } = looker();
    expect(await bodies(topic)).toEqual([]);
    await expect.poll(() => bodies(topic)).toEqual(['later']);
    const [[, fields] = ['', []]] = await raw.xrange(streamOf(topic), '-', '+');
    expect(fields).toEqual(['b', 'later', 'k', 'k', 'x', String((receipt?.dueAt ?? 0) + 50), 'i', receipt?.id, 'p', String(receipt?.dueAt)]);
    expect(await raw.hlen(besideOf(topic, 'sched-body'))).toBe(1);
  });

  it('a scheduled message is taken back once', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const [receipt] = await desk.publish(topic, message('later', { delayMs: 60_000 }));
    const cancel = (): Promise<boolean> => ask(desk.publisher.cancelScheduled(topic, receipt?.id ?? ''));
    expect([await cancel(), await cancel()]).toEqual([true, false]);
    expect(await looker().raw.zcard(besideOf(topic, 'sched'))).toBe(1);
  });
});

async function commands(raw: ReturnType<typeof looker>['raw']): Promise<number> {
  const stats = await raw.info('commandstats');
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
