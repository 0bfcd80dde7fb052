import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { NEVER } from 'rxjs';
import { redisBroker } from '../../../../src/adapters/redis/index.js';
import type { Broker } from '../../../../src/port/broker.js';
import { describeRedis, freshNamespace, rawClient, redisPort } from '../../../support/redis/shared.js';
import type { StoredKey } from './dump.js';
import { dump, load } from './dump.js';
import { fixtureFolder, readKeys } from './fixtures.js';
import { ask, message, playEverything } from './scene.js';
import { everythingSeen } from './seen.js';
import { shapeOf } from './shape.js';

const fixture = fixtureFolder('redis-format-1');

interface Fixture {
  readonly keys: readonly StoredKey[];
  readonly seen: unknown;
}

function stored(): Fixture {
  return { keys: readKeys(fixture), seen: JSON.parse(readFileSync(new URL('seen.json', fixture), 'utf8')) };
}

async function open(): Promise<Broker> {
  const broker = redisBroker({ hosts: [{ host: '127.0.0.1', port: redisPort() }] });
  await ask(broker.open());
  onTestFinished(() => ask(broker.close()));
  return broker;
}

/** Data as JSON keeps it. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function playFresh(): Promise<Fixture> {
  const [broker, raw, namespace] = [await open(), rawClient(), freshNamespace()];
  const scope = { tenantId: 'acme', namespace };
  await playEverything(broker, scope);
  const seen = asJson(await everythingSeen(broker, scope));
  return { seen, keys: await dump(raw, namespace) };
}

describeRedis('data in format 1', () => {
  it.runIf(process.env['CHRONOW_WRITE_FIXTURES'] === '1')('is written down', async () => {
    const { keys, seen } = await playFresh();
    writeFileSync(new URL('keys.jsonl', fixture), `${keys.map((key) => JSON.stringify(key)).join('\n')}\n`);
    writeFileSync(new URL('seen.json', fixture), `${JSON.stringify(seen, null, 1)}\n`);
  });

  it('is read as it was when it was written: messages, copies, dead letters, policies and values', async () => {
    const { keys, seen } = stored();
    const [broker, raw, namespace] = [await open(), rawClient(), freshNamespace()];
    await load(raw, keys, namespace);
    expect(asJson(await everythingSeen(broker, { tenantId: 'acme', namespace }))).toEqual(seen);
  });

  it('has every kind of key', () => {
    const kinds = new Set(stored().keys.map(({ key }) => key.replace(/^\{(.*)\}:([^:]*).*$/, '$2')).filter((kind) => !kind.includes(':')));
    expect([...kinds].sort()).toEqual(['cursor', 'dead', 'dead-body', 'delayed', 'due', 'floor', 'held', 'hold', 'idem', 'meta', 'open', 'parked', 'ready', 'retry', 'rev', 'sched', 'sched-body', 'seen', 'solo', 'state', 'subs', 'tokens', 'tries', 'wake']);
  });

  it('is consumed to its end, each message once and with its count', async () => {
    const { keys } = stored();
    const [broker, raw, namespace] = [await open(), rawClient(), freshNamespace()];
    await load(raw, keys, namespace);
    const scope = { tenantId: 'acme', namespace };
    for (const subscription of ['plain', 'lanes ü', 'line', 'untouched']) {
      const ref = { ...scope, topic: 'orders', subscription };
      const waiting = new Map((await ask(broker.inspection.peek(ref, 100))).filter(({ state }) => state === 'waiting').map(({ message: { id }, deliveryCount }) => [id, deliveryCount]));
      // In an order one waits behind what others have.
      const isFree = subscription !== 'lanes ü';
      const link = await ask(broker.deliveries.attach(ref, { consumerId: 'late', consumerName: 'late' }));
      const taken = new Map<string, number>();
      while (isFree ? taken.size < waiting.size : taken.size === 0) {
        const { deliveries } = await ask(link.claim({ max: 20, until$: NEVER }));
        for (const { message: { id }, deliveryCount } of deliveries) {
          expect(taken.has(id)).toBe(false);
          taken.set(id, deliveryCount - 1);
        }
        expect(await ask(link.settle(deliveries.map(({ token }) => ({ token, action: 'ack' }))))).toEqual([]);
      }
      for (const [id, count] of taken) expect([id, count]).toEqual([id, waiting.get(id)]);
    }
  });

  it('still knows idempotency keys, batch tokens of clients and what is scheduled', async () => {
    const { keys } = stored();
    const [broker, raw, namespace] = [await open(), rawClient(), freshNamespace()];
    await load(raw, keys, namespace);
    const topic = { tenantId: 'acme', namespace, topic: 'orders' };
    const [again] = await ask(broker.publisher.publish({ topic, token: 'new', messages: [message('another', { idempotencyKey: 'id-1' })] }));
    expect(again?.duplicate).toBe(true);
    const scheduled = keys.find(({ key }) => key.endsWith('topic:orders}:sched'));
    const id = scheduled?.type === 'zset' ? scheduled.members[0]?.[0] ?? '' : '';
    expect(await ask(broker.publisher.cancelScheduled(topic, id))).toBe(true);
  });

  it('has one id for each message, wherever it lies and in whichever shard', async () => {
    const [broker, namespace] = [await open(), freshNamespace()];
    const scope = { tenantId: 'acme', namespace };
    await playEverything(broker, scope);
    for (const { messages, subscriptions } of (await everythingSeen(broker, scope)).topics) {
      const known = messages.map(({ id }) => id);
      for (const { unsettled, dead } of subscriptions) for (const { id } of [...unsettled, ...dead]) expect(known).toContain(id);
    }
  });

  it('is what this release writes: whoever changes that adds a format and keeps this fixture', async () => {
    expect(shapeOf((await playFresh()).keys)).toEqual(shapeOf(stored().keys));
  });
});
