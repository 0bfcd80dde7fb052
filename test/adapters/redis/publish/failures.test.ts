import { expect, it } from 'vitest';
import { startSingle } from '../../../support/redis/single.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { publishBodiesScript } from '../../../../src/adapters/redis/publish/publish-scripts.js';
import { shardOf } from '../../../../src/adapters/redis/publish/shard-choice.js';
import { besideOf, freshTopic, looker, message, openDesk, streamOf } from '../topics/support.js';

describeRedis('a publish that fails', () => {
  it('at maxmemory stores nothing, says so, and goes on once there is room; nothing is trimmed before the memory is checked', async () => {
    const server = await startSingle({ persistence: 'none', maxmemory: '0' });
    try {
      const desk = await openDesk({ connection: { hosts: [{ host: server.host, port: server.port }] } });
      const topic = freshTopic();
      await desk.topic(topic, { maxStreamLen: 2 });
      await desk.publish(topic, 'a', 'b');
      await server.call('CONFIG', 'SET', 'maxmemory', '1mb');
      for (const one of ['c', message('d', { key: 'k', idempotencyKey: 'i' }), message('e', { delayMs: 60_000 })]) {
        await expect(desk.publish(topic, one)).rejects.toMatchObject({ code: 'LINK_LOST', details: { reason: 'out-of-memory' } });
      }
      const { raw, bodies } = looker(server.url);
      expect(await bodies(topic)).toEqual(['a', 'b']);
      expect(await raw.hlen(besideOf(topic, 'idem:0'))).toBe(1);
      expect(await raw.zcard(besideOf(topic, 'sched'))).toBe(1);
      await server.call('CONFIG', 'SET', 'maxmemory', '0');
      expect(await desk.publish(topic, message('d', { key: 'k', idempotencyKey: 'i' }))).toMatchObject([{ duplicate: false }]);
    } finally {
      await server.stop();
    }
  });

  it('in one shard of several is PARTIAL_PUBLISH with what became of each message, and completed under the same token without doubles', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { shardCount: 2, maxStreamLen: 4 });
    await desk.subscribe(topic, 'billing');
    const keys = [0, 1].map((shard) => Array.from({ length: 100 }, (_, index) => `k${index}`).find((key) => shardOf(key, 2) === shard) ?? '');
    const [zero = '', one = ''] = keys;
    await desk.publish(topic, message('x', { key: one }), message('y', { key: one }));
    const batch = [message('a', { key: zero }), message('b', { key: one }), message('c', { key: zero })];
    const error: unknown = await desk.publishAs('t', topic, ...batch).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'PARTIAL_PUBLISH', retryable: true, details: { items: ['stored', 'not-stored', 'stored'] } });
    const { raw, bodies } = looker();
    expect([await bodies(topic), await bodies(topic, 1)]).toEqual([['a', 'c'], ['x', 'y']]);
    await desk.topic(topic, { maxStreamLen: 6 });
    const receipts = await desk.publishAs('t', topic, ...batch);
    expect([await bodies(topic), await bodies(topic, 1)]).toEqual([['a', 'c'], ['x', 'y', 'b']]);
    const idsIn = async (shard: number): Promise<string[]> => (await raw.xrange(streamOf(topic, shard), '-', '+')).map(([id]) => id);
    const [[a, c], [, , b]] = [await idsIn(0), await idsIn(1)];
    expect(receipts.map(({ id }) => id)).toEqual([a, `1:${b ?? ''}`, c]);
  });

  it('half-way, because a key beside the topic is of another type, has stored nothing', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.publish(topic, 'a');
    const { raw, bodies } = looker();
    await raw.del(besideOf(topic, 'idem:0'));
    await raw.set(besideOf(topic, 'idem:0'), 'x');
    await expect(desk.publish(topic, message('b', { idempotencyKey: 'i' }))).rejects.toMatchObject({ code: 'FOREIGN_VALUE' });
    expect(await bodies(topic)).toEqual(['a']);
  });

  it('names no payload', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.publish(topic, 'a');
    await looker().raw.set(besideOf(topic, 'tokens'), 'x');
    const error: unknown = await desk.publish(topic, 'secret-payload', message('secret-payload')).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'FOREIGN_VALUE' });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret-payload');
    expect(publishBodiesScript.text).not.toContain('secret');
  });

  it('because too few replicas confirmed it is LINK_LOST, was stored once however often it was tried, and is not reported as stored later', async () => {
    const desk = await openDesk({ deadlineMs: 400, connection: { durability: { replicas: 1, timeoutMs: 20 } } });
    const topic = freshTopic();
    for (let round = 0; round < 2; round += 1) await expect(desk.publishAs('t', topic, 'a')).rejects.toMatchObject({ code: 'LINK_LOST', retryable: true });
    expect(await looker().bodies(topic)).toEqual(['a']);
  });

  it('a close answers CLOSED to all that wait', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const waiting = Array.from({ length: 3 }, () => desk.publish(topic, 'a'));
    desk.publisher.close();
    const outcomes = await Promise.allSettled(waiting);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
    await expect(desk.publish(topic, 'b')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
