import { firstValueFrom, NEVER, timer } from 'rxjs';
import { onTestFinished } from 'vitest';
import { redisConnection } from '../../../../../src/adapters/redis/connection/redis-connection.js';
import type { Context } from '../../../../../src/adapters/redis/context.js';
import { orderPlace, type OrderPlace } from '../../../../../src/adapters/redis/order/order-keys.js';
import { KeySpace } from '../../../../../src/keys/key-space.js';
import type { Broker } from '../../../../../src/port/broker.js';
import type { ConsumerLink } from '../../../../../src/port/delivery-store.js';
import type { Claimed, SettleAction } from '../../../../../src/port/lease.js';
import type { OutgoingMessage } from '../../../../../src/port/message.js';
import type { SubscriptionRef } from '../../../../../src/port/names.js';
import type { PolicyPatch } from '../../../../../src/port/policy.js';
import { calmPolicy, wideLimits } from '../../../../../marbles/conformance/defaults.js';
import { systemRuntime } from '../../../../../src/system-runtime.js';
import { freshNamespace, rawClient, redisPort } from '../../../../support/redis/shared.js';
import { orderBroker } from './order-broker.js';

type Raw = ReturnType<typeof rawClient>;

/** A subscription with an order, a broker over it and a look at its keys. */
export class Room {
  readonly broker: Broker;
  readonly ref: SubscriptionRef;
  readonly context: Context;
  readonly place: OrderPlace;
  readonly raw: Raw;
  #consumers = 0;

  private constructor(broker: Broker, ref: SubscriptionRef, context: Context, url: string) {
    this.broker = broker;
    this.ref = ref;
    this.context = context;
    this.place = orderPlace(context.keys, ref, 0);
    this.raw = rawClient(url);
  }

  static async open(policy: PolicyPatch = {}, port: number = redisPort()): Promise<Room> {
    const broker = orderBroker(port, 'key');
    const runtime = systemRuntime();
    const connection = redisConnection({ topology: 'single', hosts: [{ host: '127.0.0.1', port }], runtime });
    onTestFinished(async () => {
      await firstValueFrom(broker.close(), { defaultValue: undefined });
      await connection.close();
    });
    await firstValueFrom(broker.open(), { defaultValue: undefined });
    await connection.open();
    const ref = { tenantId: 'acme', namespace: freshNamespace(), topic: 'orders', subscription: 'billing' };
    await firstValueFrom(broker.topics.ensureTopic({ topic: ref, limits: {}, defaults: wideLimits }));
    const room = new Room(broker, ref, { connection, keys: new KeySpace('cw:'), runtime, clientId: 'test', limits: wideLimits, report: () => undefined }, `redis://127.0.0.1:${port}`);
    await room.policy(policy);
    return room;
  }

  async policy(policy: PolicyPatch): Promise<void> {
    await firstValueFrom(this.broker.topics.ensureSubscription({ subscription: this.ref, policy, defaults: calmPolicy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'test' }));
  }

  async publish(...messages: readonly OutgoingMessage[]): Promise<void> {
    const { tenantId, namespace, topic } = this.ref;
    await firstValueFrom(this.broker.publisher.publish({ topic: { tenantId, namespace, topic }, token: undefined, messages }));
  }

  consumer(): Promise<ConsumerLink> {
    this.#consumers += 1;
    return firstValueFrom(this.broker.deliveries.attach(this.ref, { consumerId: `c${this.#consumers}`, consumerName: 'c' }));
  }

  /** What a name of layout/shard-keys.ts stands for. */
  key(name: 'hold' | 'parked' | 'ready' | 'floor' | 'due' | 'tries' | 'cursor' | 'wake'): string {
    const at = ['hold', 'parked', 'ready', 'floor', 'due', 'tries', 'cursor', 'wake'].indexOf(name);
    return this.place.all[9 + at] ?? '';
  }
}

/** What comes within `ms`, perhaps nothing. */
export async function take(link: ConsumerLink, max: number, ms = 2_000): Promise<readonly Claimed[]> {
  const { deliveries } = await firstValueFrom(link.claim({ max, until$: ms === Infinity ? NEVER : timer(ms) }));
  return deliveries;
}

export async function settle(link: ConsumerLink, action: SettleAction, claimed: readonly Claimed[], delayMs?: number): Promise<void> {
  const deviations = await firstValueFrom(link.settle(claimed.map(({ token }) => ({ token, action, delayMs }))));
  if (deviations.length > 0) throw new Error(`${action}: ${JSON.stringify(deviations)}`);
}

export function bodiesOf(claimed: readonly Claimed[]): readonly string[] {
  return claimed.map(({ message }) => String(message.body));
}
