import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Chronow } from '../../../src/chronow.js';
import { isChronowError, type ErrorCode } from '../../../src/errors.js';

let cw: Chronow;
beforeEach(async () => { cw = await Chronow.init(); });
afterEach(async () => { await cw.close({ deadlineMs: 0 }); });

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'resolved'> {
  return work.then(() => 'resolved' as const, (error: unknown) => {
    if (isChronowError(error)) return error.code;
    throw error;
  });
}

describe('the quick start of the original README, on the embedded broker', () => {
  test('shared memory: set with TTL and warm options, get', async () => {
    const warned: string[] = [];
    cw.events$.subscribe(({ type }) => { warned.push(type); });
    await cw.shared.set('greeting', { text: 'hello' }, { hotTtlSeconds: 120, warm: { persist: true, retentionDays: 90 } });
    expect(await cw.shared.get('greeting')).toEqual({ text: 'hello' });
    expect(warned).toEqual(['warm-not-configured']);
  });

  test('topics: ensure, publish, consume with ack and nack', async () => {
    await cw.bus.ensureTopic('payments');
    await cw.bus.ensureSubscription('payments', 'fraud-detector', { visibilityTimeoutMs: 30000, maxDeliveries: 5, retryBackoffMs: [1, 5, 30] });
    const id = await cw.bus.publish('payments', { orderId: '123', amount: 42.5 }, { persistWarmCopy: true, headers: { type: 'payment.created' } });
    const seen: unknown[] = [];
    for await (const msg of cw.bus.consume('payments', 'fraud-detector')) {
      seen.push({ id: msg.id, topic: msg.topic, subscription: msg.subscription, headers: { ...msg.headers }, payload: msg.payload, redeliveryCount: msg.redeliveryCount });
      if (msg.redeliveryCount === 0) {
        await msg.nack({ requeue: true });
      } else {
        await msg.ack();
        break;
      }
    }
    const expected = { id, topic: 'payments', subscription: 'fraud-detector', headers: { type: 'payment.created' }, payload: { orderId: '123', amount: 42.5 } };
    expect(seen).toEqual([{ ...expected, redeliveryCount: 0 }, { ...expected, redeliveryCount: 1 }]);
    expect((await cw.bus.stats('payments')).subscriptions).toEqual([{ name: 'fraud-detector', waiting: 0, delayed: 0, leased: 0, dead: 0, oldestAgeMs: null }]);
  });
});

describe('cw.bus', () => {
  test('publish answers the id that the message is consumed under', async () => {
    const id = await cw.bus.publish('t', 1);
    const { value } = await cw.bus.consume('t', 's').next();
    expect(value?.id).toBe(id);
  });

  test('publishBatch answers ids in order, and sends nothing when one item is bad', async () => {
    await cw.bus.ensureSubscription('t', 's');
    const ids = await cw.bus.publishBatch('t', [{ payload: 1, headers: { n: '1' } }, { payload: 2 }]);
    expect((await cw.bus.peek('t', 's')).map(({ id, payload }) => [id, payload])).toEqual([[ids[0], 1], [ids[1], 2]]);
    expect(await codeOf(cw.bus.publishBatch('t', [{ payload: 3 }, { payload: 4n }]))).toBe('PAYLOAD_UNENCODABLE');
    expect(await codeOf(cw.bus.publishBatch('t', [{ payload: 3 }, { payload: 4, headers: { 'cw-x': '' } }]))).toBe('HEADERS_INVALID');
    expect((await cw.bus.stats('t')).length).toBe(2);
    expect(await cw.bus.publishBatch('t', [])).toEqual([]);
  });

  test('nack({ delayMs }) comes back after that delay, nack({ requeue: false }) is a dead letter with reason Rejected', async () => {
    await cw.bus.publish('t', 'later');
    const loop = cw.bus.consume('t', 's');
    const first = await loop.next();
    expect(await first.value?.nack({ delayMs: 5 })).toEqual({ result: 'settled' });
    const second = await loop.next();
    expect(second.value?.redeliveryCount).toBe(1);
    await second.value?.nack({ requeue: false });
    expect((await cw.bus.peekDlq('t'))[0]).toMatchObject({ reason: 'Rejected', payload: 'later', subscription: 's' });
    await loop.return?.();
  });

  test('deadLetter(reason) ends in the dead letters of that subscription; the topic-level calls sum over subscriptions', async () => {
    for (const name of ['a', 'b']) await cw.bus.ensureSubscription('t', name);
    await cw.bus.publish('t', 1);
    for (const name of ['a', 'b']) {
      const loop = cw.bus.consume('t', name);
      await (await loop.next()).value?.deadLetter(`bad for ${name}`);
      await loop.return?.();
    }
    expect(await cw.bus.dlqLength('t')).toBe(2);
    expect((await cw.bus.peekDlq('t', 10)).map(({ reason, subscription }) => [subscription, reason])).toEqual([['a', 'bad for a'], ['b', 'bad for b']]);
    expect(await cw.bus.peekDlq('t', 1)).toHaveLength(1);
    expect(await cw.bus.redriveDlq('t', { subscription: 'a' })).toBe(1);
    expect(await cw.bus.purgeDlq('t')).toBe(1);
    expect(await cw.bus.dlqLength('t')).toBe(0);
    expect((await cw.bus.peek('t', 'a', { limit: 10 })).map(({ deliveryCount }) => deliveryCount)).toEqual([0]);
  });

  test('purge removes what waits or is delayed, not what is leased or dead', async () => {
    await cw.bus.publishBatch('t', [{ payload: 'dead' }, { payload: 'delayed' }, { payload: 'leased' }, { payload: 'waiting' }]);
    const loop = cw.bus.consume('t', 's', { prefetch: 3 });
    await (await loop.next()).value?.deadLetter();
    await (await loop.next()).value?.nack({ delayMs: 60_000 });
    const leased = (await loop.next()).value;
    await loop.next();
    await cw.bus.publish('t', 'more');
    expect(await cw.bus.purge('t')).toBeGreaterThanOrEqual(1);
    const [stats] = (await cw.bus.stats('t')).subscriptions;
    expect(stats).toMatchObject({ dead: 1, delayed: 0 });
    expect(await leased?.ack()).toEqual({ result: 'settled' });
    await loop.return?.();
  });

  test('peek looks without taking, and says what it cannot decode', async () => {
    await cw.topic('t', { codec: { name: 'upside-down', contentType: 'text/plain', encode: (value: unknown) => String(value), decode: () => { throw new Error('no'); } } }).publish('x');
    await cw.bus.ensureSubscription('t', 's');
    const [item] = await cw.bus.peek('t', 's', { limit: 10 });
    expect(item).toMatchObject({ payload: undefined, state: 'waiting', deliveryCount: 0 });
    expect(item?.problem).toMatch(/^PAYLOAD_UNDECODABLE: codec upside-down could not decode/);
  });

  test('unknown topics and subscriptions reject by name; deletes say whether there was one', async () => {
    for (const call of [cw.bus.peek('t', 's'), cw.bus.purge('t'), cw.bus.stats('t'), cw.bus.dlqLength('t'), cw.bus.peekDlq('t', 10), cw.bus.purgeDlq('t'), cw.bus.redriveDlq('t'), cw.bus.listSubscriptions('t')]) {
      expect(await codeOf(call)).toBe('TOPIC_NOT_FOUND');
    }
    await cw.bus.ensureTopic('t');
    expect(await codeOf(cw.bus.peek('t', 's'))).toBe('SUBSCRIPTION_NOT_FOUND');
    expect(await cw.bus.deleteSubscription('t', 's')).toBe(false);
    expect(await cw.bus.deleteTopic('t')).toBe(true);
    expect(await cw.bus.deleteTopic('t')).toBe(false);
  });

  test('listTopics and listSubscriptions show what is stored', async () => {
    await cw.bus.ensureSubscription('t', 's', { maxDeliveries: 2 });
    await cw.bus.ensureTopic('other', { namespace: 'n' });
    expect((await cw.bus.listTopics()).map(({ ref }) => ref.topic)).toEqual(['t']);
    expect((await cw.bus.listTopics({ namespace: 'n' })).map(({ ref }) => ref.topic)).toEqual(['other']);
    expect((await cw.bus.listSubscriptions('t')).map(({ ref, policy }) => [ref.subscription, policy.maxDeliveries])).toEqual([['s', 2]]);
  });

  test('replay puts retained messages into one subscription again, by time and filter', async () => {
    await cw.bus.publishBatch('t', [1, 2, 3].map((payload) => ({ payload })));
    await cw.bus.ensureSubscription('t', 'a');
    await cw.bus.ensureSubscription('t', 'b', { startFrom: 'latest' });
    expect(await cw.bus.replay('t', 'b', { filter: ({ payload }) => payload !== 2 })).toBe(2);
    expect((await cw.bus.peek('t', 'b')).map(({ payload }) => payload)).toEqual([1, 3]);
    expect(await cw.bus.replay('t', 'b', { from: new Date(Date.now() + 1_000) })).toBe(0);
    expect((await cw.bus.peek('t', 'a'))).toHaveLength(3);
  });

  test('options are checked at the call', async () => {
    expect(await codeOf(cw.bus.publish('t', 1, { delayMs: -1 }))).toBe('OPTION_INVALID');
    expect(await codeOf(cw.bus.ensureSubscription('t', 's', { maxDeliveries: 0 }))).toBe('OPTION_INVALID');
    expect(await codeOf(cw.bus.ensureSubscription('t', 's', { retryBackoffMs: [] }))).toBe('OPTION_INVALID');
    expect(await codeOf(cw.bus.ensureSubscription('t', 's', { order: 'strict', shardCount: 2 }))).toBe('ORDER_CONFLICT');
    expect(await codeOf(cw.bus.ensureTopic('a\u0000b'))).toBe('NAME_INVALID');
    expect(await codeOf(cw.bus.peekDlq('t', 0))).toBe('OPTION_INVALID');
    expect(() => cw.bus.consume('t', 's', { prefetch: 0 })).toThrow(/OPTION_INVALID: consume\(\{ prefetch \}\)/);
    expect(await codeOf(cw.bus.replay('t', 's', { rate: 0 }))).toBe('OPTION_INVALID');
    expect(await codeOf(cw.bus.publish('t', 'x'.repeat(262_144)))).toBe('PAYLOAD_TOO_LARGE');
    expect(await codeOf(cw.bus.publish('t', 1, { persistWarmCopy: 'required' }))).toBe('WARM_NOT_CONFIGURED');
    expect(await cw.bus.listTopics()).toEqual([]);
  });

  test('shardCount is fixed by the first to name it', async () => {
    await cw.bus.ensureSubscription('t', 's', { shardCount: 4 });
    expect(await codeOf(cw.bus.ensureTopic('t', { shardCount: 2 }))).toBe('SHARD_COUNT_CONFLICT');
    expect(await codeOf(cw.bus.ensureTopic('t'))).toBe('resolved');
  });
});

describe('the async iterator', () => {
  test('takes one message at a time, however many wait', async () => {
    await cw.bus.publishBatch('t', [1, 2, 3].map((payload) => ({ payload })));
    const loop = cw.bus.consume('t', 's');
    const first = await loop.next();
    expect((await cw.bus.stats('t')).subscriptions[0]).toMatchObject({ leased: 1, waiting: 2 });
    await first.value?.ack();
    expect((await loop.next()).value?.payload).toBe(2);
    await loop.return?.();
  });

  test.each(['break', 'return', 'throw'])('leaving the loop by %s hands back what is held, the attempt refunded', async (how) => {
    await cw.bus.publishBatch('t', [1, 2].map((payload) => ({ payload })));
    const work = async (): Promise<void> => {
      for await (const msg of cw.bus.consume('t', 's', { prefetch: 2 })) {
        if (msg.payload !== 1) continue;
        if (how === 'break') break;
        if (how === 'return') return;
        throw new Error('left');
      }
    };
    await work().catch(() => undefined);
    expect((await cw.bus.peek('t', 's')).map(({ state, deliveryCount }) => [state, deliveryCount])).toEqual([['waiting', 0], ['waiting', 0]]);
  });

  test('a message that is not settled is visible again after visibilityTimeoutMs, and a late ack says so', async () => {
    await cw.bus.ensureSubscription('t', 's', { visibilityTimeoutMs: 20 });
    await cw.bus.publish('t', 1);
    const loop = cw.bus.consume('t', 's');
    const first = await loop.next();
    const second = await loop.next();
    expect(second.value?.redeliveryCount).toBe(1);
    expect(await first.value?.ack()).toEqual({ result: 'taken' });
    expect(await second.value?.ack()).toEqual({ result: 'settled' });
    await loop.return?.();
  });

  test('autoRenew keeps the message in hand past its visibility timeout', async () => {
    await cw.bus.ensureSubscription('t', 's', { visibilityTimeoutMs: 20 });
    await cw.bus.publish('t', 1);
    const loop = cw.bus.consume('t', 's', { autoRenew: true });
    const { value } = await loop.next();
    const leaseEnd = value?.leaseUntil ?? 0;
    await expect.poll(() => (value?.leaseUntil ?? 0) > leaseEnd + 20, { interval: 5 }).toBe(true);
    expect(await value?.ack()).toEqual({ result: 'settled' });
    expect(value?.redeliveryCount).toBe(0);
    await loop.return?.();
  });

  test('a second settlement does nothing and says so', async () => {
    await cw.bus.publish('t', 1);
    const events: string[] = [];
    cw.events$.subscribe(({ type }) => { events.push(type); });
    const { value } = await cw.bus.consume('t', 's').next();
    expect(await value?.ack()).toEqual({ result: 'settled' });
    expect(await value?.nack()).toEqual({ result: 'repeated' });
    expect(events).toContain('settled-twice');
  });

  test('a signal ends the loop and hands back what is held', async () => {
    await cw.bus.publish('t', 1);
    const controller = new AbortController();
    const seen: unknown[] = [];
    for await (const msg of cw.bus.consume('t', 's', { signal: controller.signal })) {
      seen.push(msg.payload);
      controller.abort();
    }
    expect(seen).toEqual([1]);
    expect((await cw.bus.stats('t')).subscriptions[0]).toMatchObject({ waiting: 1, leased: 0 });
  });

  test('deleting the subscription ends the loop with SUBSCRIPTION_DELETED', async () => {
    await cw.bus.ensureSubscription('t', 's');
    const loop = cw.bus.consume('t', 's');
    const next = loop.next();
    await cw.bus.deleteSubscription('t', 's');
    expect(await codeOf(next)).toBe('SUBSCRIPTION_DELETED');
  });

  test('close() ends a waiting loop', async () => {
    await cw.bus.ensureSubscription('t', 's');
    const next = cw.bus.consume('t', 's').next();
    await cw.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
