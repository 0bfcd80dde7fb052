import { beforeEach, expect, it } from 'vitest';
import { publishBodiesScript, publishScript, resolveBatchScript } from '../../../../src/adapters/redis/publish/publish-scripts.js';
import type { Script } from '../../../../src/adapters/redis/connection/script.js';
import type { Proxy } from '../../../support/proxy/proxy.js';
import { startProxy } from '../../../support/proxy/proxy.js';
import { describeRedis, redisPort } from '../../../support/redis/shared.js';
import { besideOf, freshTopic, looker, message, openDesk } from '../topics/support.js';
import type { Desk } from '../topics/support.js';

const scripts: readonly Script[] = [publishBodiesScript, publishScript, resolveBatchScript];

describeRedis('a publish whose answer is lost', () => {
  let proxy: Proxy;

  beforeEach(async () => {
    proxy = await startProxy({ port: redisPort(), scripts: new Map(scripts.map(({ sha, name }) => [sha, name])) });
    return () => proxy.stop();
  });

  const through = (deadlineMs: number, connectionMs = 300): Promise<Desk> =>
    openDesk({ deadlineMs, connection: { hosts: [{ host: proxy.host, port: proxy.port }], deadlineMs: connectionMs, retryMs: 50 } });

  it('is stored once and answered with the ids of its entries, bodies only', async () => {
    const desk = await through(10_000);
    const topic = freshTopic();
    await desk.publish(topic, 'first');
    const fault = proxy.inject({ kind: 'drop-reply', command: 'publish-bodies' });
    const receipts = await desk.publish(topic, ...Array.from({ length: 200 }, (_, index) => `m${index}`));
    expect(fault.strikes).toBe(1);
    const { raw, bodies } = looker();
    expect(await bodies(topic)).toHaveLength(201);
    const ids = (await raw.xrange(`cw:acme:${topic.namespace}:topic:orders`, '-', '+')).map(([id]) => id);
    expect(receipts.map(({ id }) => id)).toEqual(ids.slice(1));
  });

  it('is stored once with all that is special about it: duplicates, schedules, keys', async () => {
    const desk = await through(10_000);
    const topic = freshTopic();
    const [known] = await desk.publish(topic, message('a', { idempotencyKey: 'i' }));
    const fault = proxy.inject({ kind: 'drop-reply', command: 'publish' });
    const receipts = await desk.publish(topic, message('b', { key: 'k' }), message('a', { idempotencyKey: 'i' }), message('c', { delayMs: 60_000 }), message('d', { idempotencyKey: 'j' }));
    expect(fault.strikes).toBe(1);
    expect(receipts.map(({ duplicate, dueAt }) => [duplicate, dueAt !== undefined])).toEqual([[false, false], [true, false], [false, true], [false, false]]);
    expect(receipts[1]?.id).toBe(known?.id);
    const { raw, bodies } = looker();
    expect(await bodies(topic)).toEqual(['a', 'b', 'd']);
    expect(await raw.zcard(besideOf(topic, 'sched'))).toBe(2);
  });

  it('keeps the ring of a client at two slots, however much it publishes', async () => {
    const desk = await through(10_000);
    const topic = freshTopic();
    for (let round = 0; round < 20; round += 1) await Promise.all([desk.publish(topic, 'a'), desk.publish(topic, message('b', { key: 'k' }))]);
    const { raw } = looker();
    expect(await raw.hlen(besideOf(topic, 'tokens'))).toBeLessThanOrEqual(3);
    await desk.retention.forgetSlots(topic, 0, 60_000);
    expect(await raw.hlen(besideOf(topic, 'tokens'))).toBeGreaterThan(1);
    await desk.retention.forgetSlots(topic, 0, -60_000);
    expect(await raw.hlen(besideOf(topic, 'tokens'))).toBe(1);
    await desk.publish(topic, 'c');
  });

  it('is LINK_LOST at the deadline, and its outcome is known afterwards: what was stored is answered to its token', async () => {
    const desk = await through(700);
    const topic = freshTopic();
    await desk.publish(topic, 'first');
    const fault = proxy.inject({ kind: 'swallow', everywhere: true, command: 'publish-bodies' });
    await expect(desk.publishAs('t', topic, 'a', 'b')).rejects.toMatchObject({ code: 'LINK_LOST', retryable: true });
    expect(fault.strikes).toBeGreaterThan(0);
    proxy.heal();
    // It may take a while before the line is there again, and each attempt has its own deadline.
    const answered = expect.poll(() => desk.publishAs('t', topic, 'a', 'b').catch(() => []), { timeout: 20_000 });
    await answered.toHaveLength(2);
    expect(await looker().bodies(topic)).toEqual(['first', 'a', 'b']);
    await desk.publish(topic, 'next');
    expect(await looker().bodies(topic)).toEqual(['first', 'a', 'b', 'next']);
  });

  it('that never reached the server is LINK_LOST at the deadline, is never stored behind the back of its caller, and can be sent again', async () => {
    const desk = await through(700);
    const topic = freshTopic();
    await desk.publish(topic, 'first');
    proxy.inject({ kind: 'drop-request', command: 'publish-bodies', times: 1_000 });
    await expect(desk.publishAs('t', topic, 'a')).rejects.toMatchObject({ code: 'LINK_LOST' });
    proxy.heal();
    await desk.publish(topic, 'next');
    expect(await looker().bodies(topic)).toEqual(['first', 'next']);
    await desk.publishAs('t', topic, 'a');
    expect(await looker().bodies(topic)).toEqual(['first', 'next', 'a']);
  });

  it('a late copy of a call is refused once a later one took its slot, and after it was declared lost', async () => {
    const desk = await through(10_000);
    const topic = freshTopic();
    await desk.publish(topic, 'first');
    const { connection } = desk.context;
    const beside = ['', 'meta', 'tokens'].map((name) => (name === '' ? `cw:acme:${topic.namespace}:topic:orders` : besideOf(topic, name)));
    const send = (number: number, ...bodies: string[]): Promise<unknown> => connection.run(publishBodiesScript, beside, [1, 'other:0', number, ...bodies]);
    await send(1, 'one');
    await send(2, 'two');
    expect(await send(1, 'one')).toBe('late');
    const [, text] = [await connection.run(resolveBatchScript, [beside[0] ?? '', beside[2] ?? ''], ['other:0', 3])].flat();
    expect(text).toBe('refused');
    expect(await send(3, 'three')).toMatchObject(['again', expect.stringMatching(/^refused /)]);
    expect(await looker().bodies(topic)).toEqual(['first', 'one', 'two']);
  });
});
