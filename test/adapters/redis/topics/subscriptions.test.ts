import { expect, it } from 'vitest';
import { Janitor } from '../../../../src/adapters/redis/topics/janitor.js';
import type { Order } from '../../../../src/port/policy.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { ask, besideOf, freshTopic, looker, openDesk, policy, streamOf } from './support.js';

describeRedis('subscriptions in Redis', () => {
  it('patched by many at once keep every option that each of them named', async () => {
    const [one, two] = [await openDesk(), await openDesk()];
    const topic = freshTopic();
    await one.topic(topic);
    await one.subscribe(topic, 'billing');
    const patches = [{ maxDeliveries: 9 }, { visibilityTimeoutMs: 77 }, { retryBackoffMs: [1, 2] }, { deadLetterEnabled: false }, { expired: 'drop' as const }];
    await Promise.all(patches.map((patch, index) => (index % 2 === 0 ? one : two).subscribe(topic, 'billing', patch)));
    const found = await ask(one.directory.findSubscription({ ...topic, subscription: 'billing' }));
    expect(found?.policy).toEqual(patches.reduce((all, patch) => ({ ...all, ...patch }), policy));
    expect([...one.events, ...two.events].filter(({ type }) => type === 'policy-changed')).toHaveLength(5);
  });

  it('made by many at once are one, and one of them made it', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { shardCount: 3 });
    const made = await Promise.all(Array.from({ length: 5 }, () => desk.subscribe(topic, 'billing')));
    expect(made.filter(({ created }) => created)).toHaveLength(1);
  });

  it('tell whoever orders things that their order changed, in each shard', async () => {
    const converted: [number, Order, Order][] = [];
    const desk = await openDesk({ convertOrder: async (_context, _ref, shard, from, to) => { converted.push([shard, from, to]); } });
    const topic = freshTopic();
    await desk.topic(topic, { shardCount: 2 });
    await desk.subscribe(topic, 'billing');
    expect(converted).toEqual([]);
    await desk.subscribe(topic, 'billing', { order: 'key' });
    await desk.subscribe(topic, 'billing', { order: 'none' });
    expect(converted).toEqual([[0, 'none', 'key'], [1, 'none', 'key'], [0, 'key', 'none'], [1, 'key', 'none']]);
  });

  it('begin where they were told to', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const [a] = await desk.publish(topic, 'a');
    const ms = Number(a?.id.split('-')[0]);
    await expect.poll(() => desk.context.runtime.now()).toBeGreaterThan(ms + 2);
    await desk.publish(topic, 'b');
    const { read } = looker();
    for (const [name, startFrom, count] of [['all', 'earliest', 2], ['none', 'latest', 0], ['at', { from: ms }, 2], ['after', { from: ms + 1 }, 1], ['ever', { from: 0 }, 2]] as const) {
      await desk.subscribe(topic, name, {}, { startFrom });
      expect(await read({ ...topic, subscription: name }), name).toHaveLength(count);
    }
  });

  it('take all that is theirs with them when they are deleted, in each shard, and nothing else', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic, { shardCount: 2 });
    const { raw } = looker();
    const before = (await raw.keys(`*${topic.namespace}*`)).sort();
    await desk.subscribe(topic, 'billing');
    expect(await ask(desk.directory.deleteSubscription({ ...topic, subscription: 'billing' }))).toBe(true);
    expect((await raw.keys(`*${topic.namespace}*`)).sort()).toEqual(before);
    for (const shard of [0, 1]) expect(await raw.xinfo('GROUPS', streamOf(topic, shard))).toEqual([]);
    expect(await ask(desk.directory.deleteSubscription({ ...topic, subscription: 'billing' }))).toBe(false);
  });

  it('that lost their group begin again at the settled floor, without a word; without one from the beginning, with an event', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await desk.topic(topic);
    await desk.subscribe(topic, 'billing');
    const [, b] = await desk.publish(topic, 'a', 'b', 'c');
    const { raw, read } = looker();
    await raw.hset(besideOf(topic, 'state:billing'), 'floor', b?.id ?? '');
    await raw.xgroup('DESTROY', streamOf(topic), 'billing');
    expect(await desk.directory.revive(ref, 0)).toBe(true);
    expect(await read(ref)).toHaveLength(1);
    expect(desk.events).toEqual([]);
    await raw.hdel(besideOf(topic, 'state:billing'), 'floor');
    await raw.xgroup('DESTROY', streamOf(topic), 'billing');
    expect(await desk.directory.revive(ref, 0)).toBe(true);
    expect(await read(ref)).toHaveLength(3);
    expect(desk.events).toEqual([{ type: 'store-lost', subscription: ref, shard: 0, lost: 'position' }]);
  });

  it('whose stream was deleted say that messages were lost, once', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await desk.topic(topic);
    await desk.subscribe(topic, 'billing');
    const { raw } = looker();
    await raw.del(streamOf(topic), besideOf(topic, 'retry:billing'));
    expect([await desk.directory.revive(ref, 0), await desk.directory.revive(ref, 0)]).toEqual([true, true]);
    expect(desk.events).toEqual([{ type: 'store-lost', subscription: ref, shard: 0, lost: 'messages' }]);
    expect(await raw.xinfo('GROUPS', besideOf(topic, 'retry:billing'))).toHaveLength(1);
  });

  it('that were deleted are not made again', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await desk.topic(topic);
    await desk.subscribe(topic, 'billing');
    await ask(desk.directory.deleteSubscription(ref));
    expect(await desk.directory.revive(ref, 0)).toBe(false);
    expect(await looker().raw.xinfo('GROUPS', streamOf(topic))).toEqual([]);
  });

  it('that are ephemeral end with the last consumer that leaves, and with one that is not seen any more', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    await desk.topic(topic);
    const { raw } = looker();
    const seen = (name: string): string => besideOf(topic, `seen:${name}`);
    const there = async (): Promise<string[]> => (await ask(desk.directory.listSubscriptions(topic))).map(({ ref }) => ref.subscription).sort();
    for (const name of ['left', 'in', 'crashed', 'slow']) await desk.subscribe(topic, name, {}, { ephemeral: true, startFrom: 'latest' });
    await desk.subscribe(topic, 'durable');
    const now = desk.context.runtime.now();
    await raw.zadd(seen('in'), now, 'c');
    await desk.directory.left({ ...topic, subscription: 'left' });
    await desk.directory.left({ ...topic, subscription: 'in' });
    await desk.directory.left({ ...topic, subscription: 'durable' });
    expect(await there()).toEqual(['crashed', 'durable', 'in', 'slow']);
    await raw.zadd(seen('crashed'), now - 100_000, 'c');
    await raw.zadd(seen('slow'), now + 60_000, 'c');
    await expect.poll(() => desk.context.runtime.now()).toBeGreaterThan(now + 5);
    for (const record of (await desk.directory.overview(topic))?.subscriptions ?? []) await desk.directory.expire(record, record.ref.subscription === 'in' ? 60_000 : 1);
    expect(await there()).toEqual(['durable', 'in', 'slow']);
  });

  it('forget a consumer that is not seen any more, but not one that still holds something', async () => {
    const desk = await openDesk();
    const topic = freshTopic();
    const ref = { ...topic, subscription: 'billing' };
    await desk.topic(topic);
    await desk.subscribe(topic, 'billing', { visibilityTimeoutMs: 1 });
    await desk.publish(topic, 'a');
    const { raw, read, ack } = looker();
    const ids = await read(ref);
    await raw.zadd(besideOf(topic, 'seen:billing'), 1, 'c', 2, 'other');
    const janitor = new Janitor(desk.context, desk.directory, 1);
    await janitor.sweep(topic);
    expect(await raw.zrange(besideOf(topic, 'seen:billing'), '0', '-1')).toEqual(['c', '']);
    await ack(ref, ...ids);
    await janitor.sweep(topic);
    expect(await raw.zrange(besideOf(topic, 'seen:billing'), '0', '-1')).toEqual(['']);
    expect(await raw.call('XINFO', 'CONSUMERS', streamOf(topic), 'billing')).toEqual([]);
  });
});
