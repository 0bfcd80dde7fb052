import { expect, it } from 'vitest';
import { hashSlot } from '../../../../src/keys/hash-slot.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { ask, besideOf, freshTopic, limits, looker, message, openDesk, streamOf } from './support.js';

describeRedis('topics in Redis', () => {
  it('begin with a stream and companions that are never empty, all in one slot', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic);
    await desk.subscribe(topic, 'billing');
    const { raw } = looker();
    const keys = await keysOf(raw, topic.namespace);
    const beside = keys.filter((key) => key.startsWith('{')).map((key) => key.slice(key.indexOf('}:') + 2));
    expect(beside.sort()).toEqual(
      [...['meta', 'subs', 'tokens', 'idem:0', 'idem:1', 'sched', 'sched-body'], ...['retry', 'solo', 'delayed', 'held', 'dead', 'dead-body', 'state', 'seen'].map((name) => `${name}:billing`)].sort(),
    );
    expect(new Set(keys.filter((key) => key.includes(':topic:')).map(hashSlot)).size).toBe(1);
    expect(await raw.exists(streamOf(topic))).toBe(1);
  });

  it('leave nothing behind when they are deleted, whatever was in them', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { shardCount: 3 });
    await desk.subscribe(topic, 'billing', { order: 'key' });
    await desk.publish(topic, ...Array.from({ length: 20 }, (_, index) => message('a', { key: `k${index}`, idempotencyKey: 'i' })), message('b', { delayMs: 60_000 }));
    expect(await ask(desk.directory.deleteTopic(topic))).toBe(true);
    expect(await keysOf(looker().raw, topic.namespace)).toEqual([]);
    expect(await ask(desk.directory.deleteTopic(topic))).toBe(false);
  });

  it('of the original Chronow are refused with LEGACY_DATA and left as they are', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const { raw } = looker();
    await raw.xadd(streamOf(topic), '*', 'payload', '{}');
    await raw.xgroup('CREATE', streamOf(topic), 'sub:billing', '0');
    await raw.hset(`${streamOf(topic)}:sub:billing:config`, 'visibilityTimeoutMs', '30000');
    await expect(desk.publish(topic, 'a')).rejects.toMatchObject({ code: 'LEGACY_DATA' });
    await expect(desk.topic(topic)).rejects.toMatchObject({ code: 'LEGACY_DATA' });
    expect((await keysOf(raw, topic.namespace)).sort()).toEqual([streamOf(topic), `${streamOf(topic)}:sub:billing:config`, `cw:acme:${topic.namespace}:topics`].sort());
    expect(await raw.xlen(streamOf(topic))).toBe(1);
    expect(await ask(desk.directory.listTopics(topic))).toEqual([]);
  });

  it('of a later format are refused with FORMAT_TOO_NEW and left as they are', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.publish(topic, 'a');
    const { raw } = looker();
    await raw.hset(besideOf(topic, 'meta'), 'f', '2');
    await expect(desk.publish(topic, 'b')).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
    const other = await openDesk();
    const { directory } = other;
    const calls: readonly (() => Promise<unknown>)[] = [() => other.publish(topic, 'b'), () => other.topic(topic), () => ask(directory.findTopic(topic)), () => ask(directory.deleteTopic(topic)), () => other.subscribe(topic, 'billing')];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
    expect(await raw.xlen(streamOf(topic))).toBe(1);
  });

  it('meet a key of somebody else with an error that names it, before anything is written', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const { raw } = looker();
    await raw.set(besideOf(topic, 'sched'), 'x');
    const error: unknown = await desk.publish(topic, 'a').catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'FOREIGN_VALUE' });
    expect(String(error)).toContain(besideOf(topic, 'sched'));
    expect(await raw.exists(streamOf(topic), besideOf(topic, 'meta'))).toBe(0);
  });

  it('are adopted where a stream of the name is there already without groups', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const { raw, bodies } = looker();
    await raw.xadd(streamOf(topic), '*', 'b', 'before');
    await desk.publish(topic, 'a');
    expect(await bodies(topic)).toEqual(['before', 'a']);
  });

  it('keep the shard count that was named first', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { shardCount: 2 });
    for (const shardCount of [1, 3]) await expect(desk.topic(topic, { shardCount })).rejects.toMatchObject({ code: 'SHARD_COUNT_CONFLICT', details: { stored: 2, asked: shardCount } });
  });

  it('that nobody named a shard count for may grow: a publisher that does not know is told, and no message is stranded', async () => {
    const [old, fresh] = [await openDesk(), await openDesk()];
    const topic = freshTopic();
    await old.publish(topic, 'first');
    await old.subscribe(topic, 'billing');
    await fresh.topic(topic, { shardCount: 4 });
    const receipts = await old.publish(topic, ...Array.from({ length: 40 }, (_, index) => message(`m${index}`, { key: `k${index}` })));
    const { raw, bodies } = looker();
    const found = (await Promise.all([0, 1, 2, 3].map((shard) => bodies(topic, shard)))).flat();
    expect(found.sort()).toEqual(['first', ...Array.from({ length: 40 }, (_, index) => `m${index}`)].sort());
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(40);
    expect(receipts.filter(({ id }) => /^[123]:/.test(id)).length).toBeGreaterThan(10);
    for (const shard of [1, 2, 3]) expect(await raw.xinfo('GROUPS', streamOf(topic, shard))).toHaveLength(1);
    await expect(fresh.subscribe(topic, 'strict', { order: 'strict' })).rejects.toMatchObject({ code: 'ORDER_CONFLICT' });
  });

  it('that were made half-way only are completed by whoever publishes', async () => {
    const [maker, desk] = [await openDesk(), await openDesk()];
    const topic = freshTopic();
    await maker.topic(topic, { shardCount: 2 });
    await maker.subscribe(topic, 'billing');
    const { raw } = looker();
    await raw.del(...(await raw.keys(`*${topic.namespace}:topic:orders:1*`)));
    await desk.publish(topic, ...Array.from({ length: 20 }, (_, index) => message('a', { key: `k${index}` })));
    expect(await raw.xlen(streamOf(topic)) + await raw.xlen(streamOf(topic, 1))).toBe(20);
    expect(await raw.xinfo('GROUPS', streamOf(topic, 1))).toHaveLength(1);
  });

  it('refuse to grow under a strict order', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic);
    await desk.subscribe(topic, 'strict', { order: 'strict' });
    await expect(desk.topic(topic, { shardCount: 2 })).rejects.toMatchObject({ code: 'ORDER_CONFLICT' });
    expect((await desk.topic(topic, { shardCount: 1 })).limits.shardCount).toBe(1);
  });

  it('are made again by a publish after everything was flushed, and their list has them', async () => {
    const desk = await openDesk({ limits: { maxStreamLen: 7 } });
    const topic = freshTopic();
    await desk.publish(topic, 'a');
    const { raw, bodies } = looker();
    await raw.del(...(await keysOf(raw, topic.namespace)));
    await desk.publish(topic, 'b');
    expect(await bodies(topic)).toEqual(['b']);
    expect(await ask(desk.directory.listTopics(topic))).toEqual([{ ref: topic, limits: { ...limits, maxStreamLen: 7 }, created: false }]);
  });
});

async function keysOf(raw: ReturnType<typeof looker>['raw'], namespace: string): Promise<string[]> {
  return raw.keys(`*${namespace}*`);
}
