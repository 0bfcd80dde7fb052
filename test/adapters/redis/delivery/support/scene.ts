import { setTimeout } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { onTestFinished } from 'vitest';
import { Scene } from '../../../../../marbles/conformance/scene.js';
import type { ConformanceHarness } from '../../../../../marbles/conformance/index.js';
import { capabilities } from '../../../../../src/adapters/redis/capabilities.js';
import { ackScript } from '../../../../../src/adapters/redis/delivery/scripts/ack.js';
import { settleScript } from '../../../../../src/adapters/redis/delivery/scripts/settle.js';
import { takeScript } from '../../../../../src/adapters/redis/delivery/scripts/take.js';
import { redisBroker, type RedisBrokerOptions } from '../../../../../src/adapters/redis/index.js';
import type { Broker } from '../../../../../src/port/broker.js';
import { freshNamespace } from '../../../../support/redis/shared.js';

/** By which a proxy knows what is asked of the server. */
export const scriptNames: ReadonlyMap<string, string> = new Map([ackScript, settleScript, takeScript].map(({ sha, name }) => [sha, name]));

async function opened(port: number, options: RedisBrokerOptions): Promise<Broker> {
  const broker = redisBroker({ hosts: [{ host: '127.0.0.1', port }], ...options });
  await firstValueFrom(broker.open(), { defaultValue: undefined });
  return broker;
}

export function harnessAt(ports: () => readonly [number, number], options: RedisBrokerOptions = {}, name = 'redis'): ConformanceHarness {
  return {
    name,
    capabilities,
    lease: 400,
    patienceMs: 5_000,
    quietMs: 60,
    async open() {
      const [port, secondPort] = ports();
      const [broker, second] = [await opened(port, options), await opened(secondPort, options)];
      return {
        broker,
        second,
        scope: { tenantId: 'acme', namespace: freshNamespace() },
        now: () => Date.now(),
        advance: (ms) => setTimeout(ms),
        close: async () => {
          await Promise.all([broker, second].map((each) => firstValueFrom(each.close(), { defaultValue: undefined })));
        },
      };
    },
  };
}

/** The words of the conformance suite, over two brokers of our own: the first may have a proxy before it. */
export async function sceneAt(port: number, options: RedisBrokerOptions = {}, secondPort: number = port): Promise<Scene> {
  const harness = harnessAt(() => [port, secondPort], options);
  const session = await harness.open();
  onTestFinished(() => session.close());
  return new Scene(harness, session);
}

/** The stream of a topic of the scene. */
export function streamOf(scene: Scene, topic = 'orders'): string {
  return `cw:acme:${scene.scope.namespace}:topic:${topic}`;
}

/** A companion of it. */
export function companionOf(scene: Scene, name: string, topic = 'orders'): string {
  return `{${streamOf(scene, topic)}}:${name}`;
}
