import { firstValueFrom } from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { chronosWarmStore, type ChronosWarmStoreOptions } from '../../../../src/adapters/chronos/index.js';
import type { BrokerEvent } from '../../../../src/port/events.js';
import type { WarmStore } from '../../../../src/port/warm-store.js';
import { ChronosServer, chronosDouble } from '../../../support/chronos/double.js';
import { virtualRuntime } from '../../../support/virtual-runtime.js';
import { ask, key, messageOf, recordOf, topic, warmStoreSentences } from '../../../support/warm/sentences.js';

function scene(options: Partial<ChronosWarmStoreOptions> = {}): { readonly server: ChronosServer; readonly store: WarmStore; readonly events: BrokerEvent[] } {
  const server = new ChronosServer();
  const events: BrokerEvent[] = [];
  const store = chronosWarmStore({ instance: chronosDouble(server), report: (event) => { events.push(event); }, ...options });
  return { server, store, events };
}

function save(store: WarmStore, body: string, revision: number, strategy: 'append' | 'latest' = 'append'): Promise<unknown> {
  return ask(store.saveValue({ key, body, revision, strategy, retentionDays: undefined, maxVersions: undefined }));
}

describe.each([['as it was measured', false], ['that can save latest', true]])('the warm store over chronos-db %s', (_, savesLatest) => {
  // What it cannot do: replace a message that has ended, which it has no call to remove.
  warmStoreSentences(() => {
    const runtime = virtualRuntime();
    const { server, store } = scene({ runtime });
    server.savesLatest = savesLatest;
    const lives = (headers: unknown): boolean => Number(Reflect.get(Object(headers), 'cw-until') ?? Infinity) > runtime.now();
    return {
      store,
      pass: (days) => { runtime.advance(days * 86_400_000); },
      deadBodies: async () => server.deadLetters.filter(({ subscription, headers }) => subscription === 's' && lives(headers)).map(({ payload }) => JSON.stringify(payload)),
      settled: async () => server.deliveries.filter(({ topic: of, subscription }) => of === 't' && subscription === 's').map(recordOf),
    };
  }, { replacesEnded: false });
});

describe('the warm store over chronos-db', () => {
  test('keeps the last of two records of one attempt that come together', async () => {
    const { server, store } = scene();
    const first = { id: 'a', attempt: 1, consumer: 'c', reason: undefined } as const;
    await ask(store.saveDeliveries({ ...topic, subscription: 's' }, [{ ...first, status: 'nack', settledAt: 1 }, { ...first, status: 'ack', settledAt: 2 }], undefined));
    expect(server.deliveries).toMatchObject([{ tenantId: 'default', topic: 't', subscription: 's', msgId: 'a', attempt: 1, status: 'ack', consumerId: 'c', ts: new Date(2) }]);
  });

  test('keeps no deliveries where chronos-db was not configured to, and says so once', async () => {
    const { server, store, events } = scene();
    server.capturesDeliveries = false;
    for (const settledAt of [1, 2]) expect(await ask(store.saveDeliveries({ ...topic, subscription: 's' }, [{ id: 'a', attempt: 1, status: 'ack', consumer: 'c', reason: undefined, settledAt }], undefined))).toBeUndefined();
    expect([server.deliveries, events]).toMatchObject([[], [{ type: 'unsafe-setting', setting: 'chronos-db captureDeliveries' }]]);
  });

  test('saves every version where saving the latest fails, and says so once', async () => {
    const { server, store, events } = scene();
    for (const n of [1, 2, 3]) expect(await save(store, String(n), n, 'latest')).toBeUndefined();
    expect([await ask(store.loadValue(key)), server.shared.length]).toMatchObject([{ body: '3', revision: 3 }, 3]);
    expect(events).toMatchObject([{ type: 'unsafe-setting', setting: 'chronos-db' }]);
  });

  test('makes one connection for calls that come at once', async () => {
    const { server, store } = scene();
    await Promise.all([1, 2, 3, 4].map((n) => ask(store.loadValue({ ...key, key: String(n) }))));
    expect(server.connections).toBe(1);
  });

  test('rejects while the server is away, with nothing unhandled and no address, and goes on afterwards', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => { unhandled.push(error); };
    process.on('unhandledRejection', note);
    onTestFinished(() => { process.off('unhandledRejection', note); });
    const { server, store } = scene();
    server.isDown = true;
    const error: unknown = await firstValueFrom(store.loadValue(key)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'LINK_LOST', retryable: true });
    expect(String(error)).not.toContain('secret');
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(unhandled).toEqual([]);
    server.isDown = false;
    expect(await save(store, '1', 1)).toBeUndefined();
    server.isDown = true;
    expect(await save(store, '2', 2)).toBe('LINK_LOST');
    server.isDown = false;
    expect(await save(store, '2', 2)).toBeUndefined();
    expect(await ask(store.loadValue(key))).toMatchObject({ body: '2' });
  });

  test('ends at the higher revision where two append at once', async () => {
    const { server, store } = scene();
    const other = chronosWarmStore({ instance: chronosDouble(server) });
    await Promise.all([save(store, '1', 1), save(other, '2', 2)]);
    expect(await ask(store.loadValue(key))).toMatchObject({ body: '2' });
  });

  test('keeps one record of a dead letter although it has no unique index', async () => {
    const { server, store } = scene();
    const record = { message: messageOf('a', 1), subscription: 's', deliveryCount: 1, history: [{ reason: 'x', deadAt: 5, deliveryCount: 1 }] };
    await ask(store.saveDeadLetter({ ...topic, subscription: 's' }, record, undefined));
    await ask(store.saveDeadLetter({ ...topic, subscription: 's' }, record, undefined));
    expect(server.deadLetters).toMatchObject([{ topic: 't', msgId: 'a', subscription: 's', deliveries: 1, reason: 'x', payload: 'a' }]);
  });

  test('reads what others wrote with it', async () => {
    const { server, store } = scene();
    server.shared.push({ tenantId: 'default', namespace: 'default', key: 'k', strategy: 'append', version: 0, val: { a: 1 } });
    server.messages.push({ tenantId: 'default', topic: 't', msgId: 'm', payload: { a: 1 }, firstSeenAt: new Date(5) });
    expect(await ask(store.loadValue(key))).toMatchObject({ body: '{"a":1}', revision: 0 });
    expect(await ask(store.readMessages({ topic, from: 0, to: 9, max: 9 }))).toEqual([messageOf('m', 5, { body: '{"a":1}' })]);
    await save(store, '2', 2);
    expect(await ask(store.valueHistory(key, 9))).toMatchObject([{ body: '2' }, { body: '{"a":1}' }]);
  });

  test('makes an instance for each database, with a configuration that chronos-db takes, and ends it', async () => {
    const server = new ChronosServer();
    const made: object[] = [];
    const doubles: ReturnType<typeof chronosDouble>[] = [];
    const [a, b] = [{ uri: 'mongodb://a', database: 'x' }, { uri: 'mongodb://a', database: 'x' }];
    const store = chronosWarmStore({ tenants: new Map([['a', a], ['b', b]]), load: async (target) => {
      made.push(target);
      const double = chronosDouble(server);
      doubles.push(double);
      return double;
    } });
    expect([await ask(store.loadValue({ ...key, tenantId: 'a' })), await ask(store.loadValue({ ...key, tenantId: 'b' })), await ask(store.loadValue(key))]).toEqual([undefined, undefined, 'UNKNOWN_TENANT']);
    await ask(store.close());
    expect([made, doubles.map(({ admin }) => admin.isShutDown)]).toEqual([[a], [true]]);
  });

  test('makes instances that keep deliveries where that is asked for', async () => {
    const server = new ChronosServer();
    const made: unknown[] = [];
    const store = chronosWarmStore({ others: { uri: 'mongodb://a', database: 'x' }, captureDeliveries: true, load: async (target) => {
      made.push(target);
      return chronosDouble(server);
    } });
    await ask(store.loadValue(key));
    expect(made).toEqual([{ uri: 'mongodb://a', database: 'x', captureDeliveries: true }]);
  });

  test('does not end an instance that was handed in', async () => {
    const double = chronosDouble(new ChronosServer());
    await ask(chronosWarmStore({ instance: double }).close());
    expect(double.admin.isShutDown).toBe(false);
  });

  test('says what is missing where chronos-db is not installed', async () => {
    const store = chronosWarmStore({ others: { uri: 'mongodb://user:secret@h', database: 'x' } });
    const error: unknown = await firstValueFrom(store.loadValue(key)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(error)).toMatch(/chronos-db is not installed/);
    expect(String(error)).not.toContain('secret');
  });
});
