import assert from 'node:assert/strict';
import type { Observable } from 'rxjs';
import { firstValueFrom, NEVER } from 'rxjs';
import type { Broker } from '../../../../src/port/broker.js';
import type { ConsumerLink } from '../../../../src/port/delivery-store.js';
import type { Claimed, Settlement } from '../../../../src/port/lease.js';
import type { OutgoingMessage } from '../../../../src/port/message.js';
import type { Scope, SubscriptionRef, TopicRef } from '../../../../src/port/names.js';
import type { PolicyPatch } from '../../../../src/port/policy.js';
import type { PublishReceipt } from '../../../../src/port/publisher.js';
import { limits, policy } from '../topics/support.js';

/** Longer than anybody runs these tests. */
export const ages = 3_000_000_000_000;

export function ask<T>(call: Observable<T>): Promise<T> {
  return firstValueFrom(call);
}

export function message(body: OutgoingMessage['body'], more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { body, headers: {}, ...more };
}

/** Everything of which there is a kind of its own in the store. Nothing in it ends by time. */
export async function playEverything(broker: Broker, scope: Scope): Promise<void> {
  const topic: TopicRef = { ...scope, topic: 'orders' };
  await ask(broker.topics.ensureTopic({ topic, limits: { retentionMs: ages, idempotencyWindowMs: ages, maxStreamLen: 1_000 }, defaults: limits }));
  const publish = (...messages: OutgoingMessage[]): Promise<readonly PublishReceipt[]> => ask(broker.publisher.publish({ topic, token: `token ${messages.length}`, messages }));
  const subscribe = async (subscription: string, named: PolicyPatch): Promise<SubscriptionRef> => {
    const ref = { ...topic, subscription };
    await ask(broker.topics.ensureSubscription({ subscription: ref, policy: { visibilityTimeoutMs: 3_600_000, ...named }, defaults: policy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'fixture' }));
    return ref;
  };
  await publish(
    message('text'),
    message(Uint8Array.of(0, 255, 10), { key: 'ü', headers: { type: 'a', 'ä"': 'b' }, codec: 'cbor', ttlMs: ages }),
    message('once', { idempotencyKey: 'id-1' }),
    message('k1', { key: 'k' }),
    message('k2', { key: 'k' }),
    message('k3', { key: 'k' }),
    message('other', { key: 'o' }),
    message('tail'),
  );
  const [, due] = await publish(message('later', { delayMs: ages, key: 'later', headers: { h: '1' }, ttlMs: ages }), message('was due', { delayMs: 1, ttlMs: ages }));
  assert.ok(due);
  await moved(broker, topic, 9);
  await playPlain(broker, await subscribe('plain', { maxDeliveries: 3, retryBackoffMs: [1_000, 2_000], expired: 'drop' }));
  await playLanes(broker, await subscribe('lanes ü', { order: 'key' }));
  await playLine(broker, await subscribe('line', { order: 'strict', deadLetterEnabled: false }));
  await subscribe('untouched', {});
  await playShards(broker, { ...scope, topic: 'sharded' });
  await playValues(broker, scope);
}

async function playPlain(broker: Broker, ref: SubscriptionRef): Promise<void> {
  const link = await attach(broker, ref, 'consumer-1');
  const [text, bytes, once, k1, k2, k3] = await take(link, 6);
  assert.ok(text && bytes && once && k1 && k2 && k3);
  const failure = { reason: 'BadIban', description: 'no "such" bank', errors: ['TypeError: x', 'Error: ü'] };
  await settle(link, { token: text.token, action: 'ack' }, { token: bytes.token, action: 'dead-letter', failure }, { token: once.token, action: 'retry', delayMs: ages }, { token: k1.token, action: 'retry', delayMs: 0 }, { token: k2.token, action: 'leak' });
  await ask(broker.inspection.redrive({ subscription: ref }));
  const again = await take(link, 3);
  const revived = again.find(({ message: { id } }) => id === bytes.message.id);
  const leaked = again.find(({ message: { id } }) => id === k2.message.id);
  assert.ok(revived && leaked, 'what came back is handed out');
  await settle(link, { token: revived.token, action: 'dead-letter', failure: { reason: 'Again' } }, { token: leaked.token, action: 'leak' });
  for (const { token } of again.filter((one) => one !== revived && one !== leaked)) await settle(link, { token, action: 'release' });
}

async function playLanes(broker: Broker, ref: SubscriptionRef): Promise<void> {
  const [one, other] = [await attach(broker, ref, 'consumer-2'), await attach(broker, ref, 'consumer-3')];
  const taken = [...(await take(one, 4))];
  const [text, bytes, once, k1] = taken;
  assert.ok(text && bytes && once && k1);
  await settle(one, { token: text.token, action: 'retry', delayMs: 0 }, { token: bytes.token, action: 'dead-letter', failure: { reason: 'Rejected' } }, { token: k1.token, action: 'retry', delayMs: ages });
  await take(other, 2);
  await ask(broker.inspection.redrive({ subscription: ref }));
}

async function playLine(broker: Broker, ref: SubscriptionRef): Promise<void> {
  const link = await attach(broker, ref, 'consumer-4');
  const [first] = await take(link, 1);
  assert.ok(first);
  await settle(link, { token: first.token, action: 'release' });
}

async function playShards(broker: Broker, topic: TopicRef): Promise<void> {
  await ask(broker.topics.ensureTopic({ topic, limits: { shardCount: 2, retentionMs: ages }, defaults: limits }));
  const messages = Array.from({ length: 8 }, (_, n) => message(`m${n}`, { key: `key-${n}` }));
  await ask(broker.publisher.publish({ topic, token: 'sharded', messages }));
  const ref = { ...topic, subscription: 'plain' };
  await ask(broker.topics.ensureSubscription({ subscription: ref, policy: { visibilityTimeoutMs: 3_600_000 }, defaults: policy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'fixture' }));
  const link = await attach(broker, ref, 'consumer-5');
  const held: Claimed[] = [];
  while (held.length < 4) held.push(...(await take(link, 4 - held.length)));
  await settle(link, ...held.map(({ token }): Settlement => ({ token, action: 'retry', delayMs: ages })));
}

async function playValues({ keys }: Broker, scope: Scope): Promise<void> {
  const key = (name: string): { readonly tenantId: string; readonly namespace: string; readonly key: string } => ({ ...scope, key: name });
  for (const body of ['one', Uint8Array.of(255, 0), 'three']) await ask(keys.set({ key: key('limits:eu'), body, ttlMs: undefined, codec: 'json', keepVersions: 5 }));
  await ask(keys.set({ key: key('gone'), body: 'x', ttlMs: undefined }));
  await ask(keys.del({ key: key('gone'), mark: 'tombstone' }));
  await ask(keys.set({ key: key('closed'), body: 'y', ttlMs: undefined, keepVersions: 2 }));
  await ask(keys.del({ key: key('closed'), mark: 'closed' }));
}

async function attach(broker: Broker, ref: SubscriptionRef, consumerId: string): Promise<ConsumerLink> {
  return ask(broker.deliveries.attach(ref, { consumerId, consumerName: consumerId }));
}

/** Takes until it has so many. */
async function take(link: ConsumerLink, count: number): Promise<readonly Claimed[]> {
  const taken: Claimed[] = [];
  while (taken.length < count) taken.push(...(await ask(link.claim({ max: count - taken.length, until$: NEVER }))).deliveries);
  return taken;
}

async function settle(link: ConsumerLink, ...settlements: readonly Settlement[]): Promise<void> {
  assert.deepEqual(await ask(link.settle(settlements)), []);
}

/** Waits until what was due is in the topic. */
async function moved(broker: Broker, topic: TopicRef, length: number): Promise<void> {
  while (((await ask(broker.inspection.stats(topic))).length ?? 0) < length);
}
