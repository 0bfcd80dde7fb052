import { inspect } from 'node:util';
import { EMPTY, Subject, firstValueFrom, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ackOnComplete } from '../../../operators/index.js';
import { Chronow } from '../../../src/chronow.js';
import { isChronowError, type ErrorCode } from '../../../src/errors.js';
import type { ChronowEvent } from '../../../src/events.js';

let cw: Chronow;
let events: ChronowEvent[];
beforeEach(async () => {
  cw = await Chronow.init();
  events = [];
  cw.events$.subscribe((event) => { events.push(event); });
});
afterEach(async () => { await cw.close({ deadlineMs: 0 }); });

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'resolved'> {
  return work.then(() => 'resolved' as const, (error: unknown) => {
    if (isChronowError(error)) return error.code;
    throw error;
  });
}

const typesOf = (type: ChronowEvent['type']): ChronowEvent[] => events.filter((event) => event.type === type);

describe('who owns an option', () => {
  test('named explicitly it updates what is stored, with a policy-changed event; omitted it never does', async () => {
    await cw.bus.ensureSubscription('t', 's', { maxDeliveries: 3 });
    await cw.bus.ensureSubscription('t', 's');
    await cw.bus.ensureSubscription('t', 's', { maxDeliveries: 3 });
    expect(typesOf('policy-changed')).toEqual([]);
    await cw.bus.ensureSubscription('t', 's', { maxDeliveries: 7 });
    expect(typesOf('policy-changed')).toMatchObject([{ before: { maxDeliveries: 3 }, after: { maxDeliveries: 7 } }]);
    expect((await cw.bus.listSubscriptions('t'))[0]?.policy).toMatchObject({ maxDeliveries: 7, visibilityTimeoutMs: 30_000 });
  });

  test('onPolicyConflict: error refuses what differs from the stored option', async () => {
    await cw.bus.ensureSubscription('t', 's', { maxDeliveries: 3 });
    expect(await codeOf(cw.bus.ensureSubscription('t', 's', { maxDeliveries: 4, onPolicyConflict: 'error' }))).toBe('POLICY_CONFLICT');
    expect(await codeOf(cw.bus.ensureSubscription('t', 's', { maxDeliveries: 3, onPolicyConflict: 'error' }))).toBe('resolved');
    expect(await codeOf(firstValueFrom(cw.topic('t').subscription('s', { maxDeliveries: 4, onPolicyConflict: 'error' })))).toBe('POLICY_CONFLICT');
  });

  test('a subscribe with options stores them, and every consumer of the subscription sees them', async () => {
    const subscribed = cw.topic('t').subscription('s', { visibilityTimeoutMs: 1_234 }).subscribe();
    expect((await cw.bus.listSubscriptions('t'))[0]?.policy.visibilityTimeoutMs).toBe(1_234);
    subscribed.unsubscribe();
  });

  test('the defaults of init are what a new subscription gets', async () => {
    const own = await Chronow.init({ defaults: { maxDeliveries: 9, retryBackoffMs: [7], order: 'key', maxStreamLen: 10 } });
    await own.bus.ensureSubscription('t', 's');
    expect((await own.bus.listSubscriptions('t'))[0]?.policy).toMatchObject({ maxDeliveries: 9, retryBackoffMs: [7], order: 'key' });
    expect((await own.bus.listTopics())[0]?.limits.maxStreamLen).toBe(10);
    await own.close();
  });
});

describe('creation', () => {
  test('topics and subscriptions come into being with their first use', async () => {
    await cw.topic('t').publish(1);
    const delivery = await firstValueFrom(cw.topic<number>('t').subscription('s'));
    expect(delivery.payload).toBe(1);
    await delivery.ack();
  });

  test('making a topic handle, or a source, does nothing', async () => {
    cw.topic('t').subscription('s');
    expect(await cw.bus.listTopics()).toEqual([]);
  });

  test('autoCreate: false makes all strict', async () => {
    const strict = await Chronow.init({ autoCreate: false });
    expect(await codeOf(strict.topic('t').publish(1))).toBe('TOPIC_NOT_FOUND');
    expect(await codeOf(strict.bus.publish('t', 1))).toBe('TOPIC_NOT_FOUND');
    expect(await codeOf(firstValueFrom(strict.topic('t').subscription('s')))).toBe('TOPIC_NOT_FOUND');
    await strict.bus.ensureTopic('t');
    expect(await codeOf(firstValueFrom(strict.topic('t').subscription('s')))).toBe('SUBSCRIPTION_NOT_FOUND');
    await strict.bus.ensureSubscription('t', 's');
    await strict.topic('t').publish(1);
    const delivery = await firstValueFrom(strict.topic('t').subscription('s'));
    expect(delivery.payload).toBe(1);
    await delivery.ack();
    await strict.close({ deadlineMs: 0 });
  });

  test('a subscription without a name is ephemeral: from latest, and gone with its subscriber', async () => {
    const topic = cw.topic<number>('t');
    await topic.publish(1);
    const seen: number[] = [];
    const subscribed = topic.subscription().pipe(ackOnComplete(() => EMPTY)).subscribe(({ delivery }) => { seen.push(delivery.payload); });
    await topic.publish(2);
    await expect.poll(() => seen).toEqual([2]);
    expect(await cw.bus.listSubscriptions('t')).toHaveLength(1);
    subscribed.unsubscribe();
    await expect.poll(async () => (await cw.bus.listSubscriptions('t')).length).toBe(0);
  });
});

describe('publish', () => {
  test('an idempotency key within the window is stored once per (topic, key, id)', async () => {
    const topic = cw.topic<number>('t');
    const first = await topic.publish(1, { idempotencyKey: 'a', key: 'k' });
    expect(await topic.publish(2, { idempotencyKey: 'a', key: 'k' })).toEqual({ ...first, duplicate: true });
    expect(await topic.publish(3, { idempotencyKey: 'a', key: 'other' })).toMatchObject({ duplicate: false });
    expect((await cw.bus.stats('t')).length).toBe(2);
  });

  test('a batch token makes a resend harmless', async () => {
    const topic = cw.topic<number>('t');
    const ids = await topic.publishBatch([{ payload: 1 }, { payload: 2 }], { token: 'once' });
    expect(await topic.publishBatch([{ payload: 1 }, { payload: 2 }], { token: 'once' })).toEqual(ids);
    expect((await cw.bus.stats('t')).length).toBe(2);
  });

  test('a scheduled message can be taken back until it is due', async () => {
    const topic = cw.topic<number>('t');
    const { id, dueAt } = await topic.publish(1, { deliverAt: new Date(Date.now() + 60_000) });
    expect(dueAt).toBeGreaterThan(Date.now());
    expect((await cw.bus.stats('t')).scheduled).toBe(1);
    expect(await topic.cancelScheduled(id)).toBe(true);
    expect(await topic.cancelScheduled(id)).toBe(false);
    expect((await cw.bus.stats('t')).scheduled).toBe(0);
    for (const none of [{ $gt: '' }, '', null, undefined]) {
      const refused: unknown = Reflect.apply(topic.cancelScheduled.bind(topic), undefined, [none]);
      await expect(refused).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    }
  });

  test('the cold twins do nothing before subscribe, and one call each', async () => {
    const command = cw.topic<number>('t').publish$(1);
    expect(await cw.bus.listTopics()).toEqual([]);
    await firstValueFrom(command);
    await firstValueFrom(command);
    expect((await cw.bus.stats('t')).length).toBe(2);
  });

  test('TOPIC_FULL names the subscription that holds the topic up', async () => {
    const topic = cw.topic<number>('t', { maxStreamLen: 2 });
    await cw.bus.ensureTopic('t');
    await firstValueFrom(topic.publishBatch$([{ payload: 1 }]));
    await cw.bus.ensureSubscription('t', 'slow');
    await topic.publish(2);
    const error: unknown = await topic.publish(3).catch((caught: unknown) => caught);
    expect(isChronowError(error, 'TOPIC_FULL') && error.details).toMatchObject({ subscription: 'slow', maxStreamLen: 2 });
  });

  test('a loop of awaited publishes leaves the event loop its turns', async () => {
    let ticks = 0;
    const timer = setInterval(() => { ticks += 1; }, 0);
    const topic = cw.topic<number>('t');
    for (let n = 0; n < 20_000; n += 1) await topic.publish(n);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });

  test('a signal gives up waiting', async () => {
    expect(await codeOf(cw.topic('t').publish(1, { signal: AbortSignal.abort() }))).toBe('ABORTED');
    expect(await codeOf(cw.bus.publish('t', 1, { signal: AbortSignal.abort() }))).toBe('ABORTED');
  });
});

describe('scopes', () => {
  test.each([
    ['namespaces', { namespace: 'a' }, { namespace: 'b' }],
    ['tenants', { tenantId: 'a' }, { tenantId: 'b' }],
    ['names that look joined', { tenantId: 'a:b', namespace: 'c' }, { tenantId: 'a', namespace: 'b:c' }],
  ])('%s never meet', async (_what, one, other) => {
    await cw.bus.ensureSubscription('t', 's', one);
    await cw.bus.ensureSubscription('t', 's', other);
    await cw.bus.publish('t', 1, one);
    await cw.shared.set('k', 1, one);
    expect((await cw.bus.stats('t', other)).length).toBe(0);
    expect(await cw.shared.get('k', other)).toBeNull();
    expect(await cw.bus.listTopics()).toEqual([]);
    expect(await cw.bus.peek('t', 's', one)).toHaveLength(1);
  });

  test("a client's own namespace and tenant are its defaults", async () => {
    const own = await Chronow.init({ namespace: 'n', tenantId: 'x' });
    await own.topic('t').publish(1);
    expect((await own.bus.listTopics())[0]?.ref).toEqual({ tenantId: 'x', namespace: 'n', topic: 't' });
    await own.close();
  });
});

describe('start and end', () => {
  test('status$ shows the state now, and completes with the client', async () => {
    const states = firstValueFrom(cw.status$.pipe(toArray()));
    await cw.close();
    expect((await states).map(({ state }) => state)).toEqual(expect.arrayContaining(['ready']));
  });

  test('close is idempotent, and everything after it is CLOSED', async () => {
    const topic = cw.topic('t');
    const loop = cw.bus.consume('t', 's');
    await Promise.all([cw.close(), cw.close()]);
    await cw[Symbol.asyncDispose]();
    expect(() => cw.topic('t')).toThrow('CLOSED');
    expect(() => cw.bus.consume('t', 's')).toThrow('CLOSED');
    expect(await codeOf(topic.publish(1))).toBe('CLOSED');
    expect(await codeOf(cw.bus.stats('t'))).toBe('CLOSED');
    expect(await codeOf(cw.shared.get('k'))).toBe('CLOSED');
    expect(await codeOf(firstValueFrom(topic.subscription('s')))).toBe('CLOSED');
    expect(await codeOf(loop.next())).toBe('CLOSED');
  });

  test('close lets running work finish, gives back what has not started, and completes the streams', async () => {
    const topic = cw.topic<number>('t');
    await topic.publishBatch([1, 2, 3].map((payload) => ({ payload })));
    const gate = new Subject<void>();
    const outcomes = firstValueFrom(topic.subscription('s').pipe(ackOnComplete(() => gate.pipe(take(1)), { concurrency: 1 }), toArray()));
    await expect.poll(() => gate.observed).toBe(true);
    const closing = cw.close();
    gate.next();
    await closing;
    expect((await outcomes).map(({ kind, delivery }) => [kind, delivery.payload])).toEqual([['acked', 1]]);
  });

  test('unknown options of init and close are refused', async () => {
    expect(await codeOf(Chronow.init({ keyprefix: 'x' } as object))).toBe('CONFIG_INVALID');
    expect(() => cw.close({ deadline: 1 } as object)).toThrow(/did you mean "deadlineMs"/);
  });

  test('a backend that does not answer is told after connectTimeoutMs, with no password', async () => {
    const failure = await Chronow.init({ mongoOnly: true, mongo: { uri: 'mongodb://me:hunter2@127.0.0.1:1' }, connectTimeoutMs: 300 }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BACKEND_UNREACHABLE' });
    expect(inspect(failure, { depth: 10 })).not.toContain('hunter2');
  });
});
