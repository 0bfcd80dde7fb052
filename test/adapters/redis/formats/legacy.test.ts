import { firstValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { isChronowError } from '../../../../src/errors.js';
import { redisBroker } from '../../../../src/adapters/redis/index.js';
import { describeRedis, freshNamespace, rawClient, redisPort } from '../../../support/redis/shared.js';
import { limits, policy } from '../topics/support.js';
import { load } from './dump.js';
import { fixtureFolder, readKeys } from './fixtures.js';
import { ask, message } from './scene.js';

/** The code of the refusal, or what was answered. */
async function outcome(call: Observable<unknown>): Promise<unknown> {
  try {
    return await firstValueFrom(call, { defaultValue: undefined });
  } catch (error) {
    if (isChronowError(error)) return error.code;
    throw error;
  }
}

describeRedis('a topic of Chronow 0.9', () => {
  it('is refused by whoever would write to it, is unknown to whoever looks, and stays as it is byte for byte', async () => {
    const [raw, namespace] = [rawClient(), freshNamespace()];
    await load(raw, readKeys(fixtureFolder('redis-legacy-0.9')), namespace);
    const keys = (await raw.keys(`*:${namespace}:*`)).sort();
    const bytes = (): Promise<unknown> => Promise.all(keys.map(async (key) => [key, (await raw.dumpBuffer(key)).toString('base64')]));
    const before = await bytes();

    const broker = redisBroker({ hosts: [{ host: '127.0.0.1', port: redisPort() }] });
    await ask(broker.open());
    onTestFinished(() => ask(broker.close()));
    const topic = { tenantId: 'acme', namespace, topic: 'orders' };
    const ref = { ...topic, subscription: 'billing' };
    const publish = (...messages: ReturnType<typeof message>[]): Observable<unknown> => broker.publisher.publish({ topic, token: messages.map(({ body }) => body).join(), messages });
    const subscribe = broker.topics.ensureSubscription({ subscription: ref, policy: {}, defaults: policy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'test' });

    for (const call of [
      publish(message('a')),
      publish(message('b'), message('c', { key: 'k', idempotencyKey: 'i' })),
      publish(message('d', { delayMs: 60_000 })),
      broker.topics.ensureTopic({ topic, limits: {}, defaults: limits }),
      broker.topics.ensureTopic({ topic, limits: { shardCount: 2 }, defaults: limits }),
    ]) expect(await outcome(call)).toBe('LEGACY_DATA');
    expect(await outcome(subscribe)).toMatch(/LEGACY_DATA|TOPIC_NOT_FOUND/);
    for (const call of [
      broker.deliveries.attach(ref, { consumerId: 'c', consumerName: 'c' }),
      broker.inspection.stats(topic),
      broker.inspection.purge(topic),
      broker.inspection.peek(ref, 5),
      broker.inspection.read({ topic, from: 0, to: 9e15, max: 5 }),
      broker.inspection.redrive({ subscription: ref }),
      broker.inspection.redeliver(ref, ['1700000000000-0']),
      broker.inspection.purgeDeadLetters(ref),
    ]) expect(await outcome(call)).toMatch(/LEGACY_DATA|TOPIC_NOT_FOUND|SUBSCRIPTION_NOT_FOUND/);
    for (const call of [broker.topics.findTopic(topic), broker.topics.deleteTopic(topic), broker.topics.deleteSubscription(ref), broker.publisher.cancelScheduled(topic, 's1-1')]) {
      expect([undefined, false, 'LEGACY_DATA']).toContain(await outcome(call));
    }
    expect(await outcome(broker.topics.listTopics(topic))).toEqual([]);

    expect(await bytes()).toEqual(before);
    // Its name is in the list of the namespace, where whoever lists looks each one up.
    expect((await raw.keys(`*:${namespace}:*`)).filter((key) => !keys.includes(key))).toEqual([`cw:acme:${namespace}:topics`]);
  });
});
