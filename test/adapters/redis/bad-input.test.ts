import { expect, it, onTestFinished } from 'vitest';
import { Chronow, isChronowError } from 'chronow';
import { describeRedis, freshNamespace, rawClient, redisUrl } from '../../support/redis/shared.js';

interface Desk {
  readonly cw: Chronow;
  readonly raw: ReturnType<typeof rawClient>;
  readonly events: readonly { readonly type: string }[];
  /** The key of a topic or a value, and of what lies beside it. */
  readonly key: (kind: 'topic' | 'sm', name: string) => string;
}

async function open(): Promise<Desk> {
  const namespace = freshNamespace();
  const cw = await Chronow.init({ url: redisUrl(), namespace });
  onTestFinished(() => cw.close());
  const events: { readonly type: string }[] = [];
  cw.events$.subscribe((event) => { events.push(event); });
  return { cw, raw: rawClient(), events, key: (kind, name) => `cw:default:${namespace}:${kind}:${name}` };
}

function codesOf(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  return Promise.all(calls.map((call) => call.then(() => 'done', (error: unknown) => (isChronowError(error) ? error.code : error))));
}

describeRedis('what others wrote among our keys', () => {
  it('an entry of another program in a topic becomes a dead letter, told with the reason, and holds nobody up', async () => {
    const { cw: { bus }, raw, key, events } = await open();
    await bus.ensureSubscription('orders', 'billing');
    await raw.xadd(key('topic', 'orders'), '*', 'hello', 'world');
    await bus.publish('orders', 'ours');
    for await (const message of bus.consume('orders', 'billing')) {
      expect(message.payload).toBe('ours');
      await message.ack();
      break;
    }
    expect(events.filter(({ type }) => type === 'dead-lettered')).toMatchObject([{ reason: 'Undecodable' }]);
    expect(await bus.peekDlq('orders', 10)).toMatchObject([{ reason: 'Undecodable' }]);
    expect(await bus.stats('orders')).toMatchObject({ subscriptions: [{ waiting: 0, leased: 0, dead: 1 }] });
  });

  it('another type at the key of a topic or a value is told at the call, and stays', async () => {
    const { cw: { bus, shared }, raw, key } = await open();
    await raw.set(key('topic', 'orders'), 'theirs');
    await raw.hset(key('sm', 'value'), 'theirs', '1');
    expect(await codesOf([bus.publish('orders', 1), bus.ensureTopic('orders'), bus.ensureSubscription('orders', 'billing'), shared.get('value'), shared.set('value', 1), shared.del('value')])).toEqual(Array.from({ length: 6 }, () => 'FOREIGN_VALUE'));
    expect([await raw.get(key('topic', 'orders')), await raw.hgetall(key('sm', 'value'))]).toEqual(['theirs', { theirs: '1' }]);
  });

  it('a plain value that is no JSON is told as that', async () => {
    const { cw: { shared }, raw, key } = await open();
    await raw.set(key('sm', 'value'), 'no JSON');
    expect(await codesOf([shared.get('value')])).toEqual(['PAYLOAD_UNDECODABLE']);
    await shared.set('value', 1);
    expect(await shared.get('value')).toBe(1);
  });

  it('records of a newer release, and damaged ones, are told at the call, with what to do', async () => {
    const { cw: { bus }, raw, key } = await open();
    await bus.ensureSubscription('orders', 'billing');
    const beside = (name: string): string => `{${key('topic', 'orders')}}:${name}`;
    await raw.hset(beside('meta'), 'f', '2');
    expect(await codesOf([bus.publish('orders', 1), bus.stats('orders'), bus.ensureSubscription('orders', 'billing'), bus.peek('orders', 'billing')])).toEqual(Array.from({ length: 4 }, () => 'FORMAT_TOO_NEW'));
    await expect(bus.publish('orders', 1)).rejects.toThrow(/update Chronow in this process/);
    await raw.hset(beside('meta'), 'f', '1');
    await raw.hset(beside('subs'), 'billing', 'no JSON');
    expect(await codesOf([bus.stats('orders'), bus.ensureSubscription('orders', 'billing'), bus.consume('orders', 'billing').next()])).toEqual(Array.from({ length: 3 }, () => 'FOREIGN_VALUE'));
  });
});
