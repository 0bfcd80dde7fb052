import { firstValueFrom, type Observable } from 'rxjs';
import { onTestFinished } from 'vitest';
import type { ConnectionOptions } from '../../../../src/adapters/redis/connection/options.js';
import { redisConnection } from '../../../../src/adapters/redis/connection/redis-connection.js';
import type { Context } from '../../../../src/adapters/redis/context.js';
import { RedisKeys } from '../../../../src/adapters/redis/keys/redis-keys.js';
import { KeySpace } from '../../../../src/keys/key-space.js';
import type { BrokerEvent } from '../../../../src/port/events.js';
import type { KeyState, KeyWrite, KeyWriteAnswer } from '../../../../src/port/key-store.js';
import type { KeyRef } from '../../../../src/port/names.js';
import { systemRuntime } from '../../../../src/system-runtime.js';
import { freshNamespace, redisPort } from '../../../support/redis/shared.js';

export interface Room {
  readonly context: Context;
  readonly keys: RedisKeys;
  readonly events: readonly BrokerEvent[];
}

/** What the rooms of keys and watchers work with, over a connection of its own; closed when the test is over. */
export async function openRoom(options: Partial<ConnectionOptions> = {}): Promise<Room> {
  const runtime = systemRuntime();
  const connection = redisConnection({ topology: 'single', hosts: options.hosts ?? [{ host: '127.0.0.1', port: redisPort() }], runtime, ...options });
  onTestFinished(() => connection.close());
  await connection.open();
  const events: BrokerEvent[] = [];
  const context: Context = {
    connection,
    keys: new KeySpace('cw:'),
    runtime,
    clientId: runtime.newId(),
    limits: { maxStreamLen: 100_000, onFull: 'reject', retentionMs: 1_000_000, idempotencyWindowMs: 600_000, shardCount: 1 },
    report: (event) => events.push(event),
  };
  return { context, keys: new RedisKeys(context), events };
}

export function freshRef(key = 'fraud:limit'): KeyRef {
  return { tenantId: 'acme', namespace: freshNamespace(), key };
}

/** The key of a value as a foreigner writes it, and that of its record. */
export function namesOf({ tenantId, namespace, key }: KeyRef): { readonly value: string; readonly record: string } {
  const value = `cw:${tenantId}:${namespace}:sm:${key}`;
  return { value, record: `{${value}}:rev` };
}

/** Calls of one key, as promises. */
export function calls(keys: RedisKeys, key: KeyRef): {
  readonly get: () => Promise<KeyState>;
  readonly set: (body: KeyWrite['body'], options?: Partial<KeyWrite>) => Promise<KeyWriteAnswer>;
  readonly del: (mark?: KeyState['mark'], expectedRevision?: number) => Promise<KeyWriteAnswer>;
} {
  return {
    get: () => ask(keys.get(key)),
    set: (body, options = {}) => ask(keys.set({ key, body, ttlMs: undefined, ...options })),
    del: (mark = 'none', expectedRevision) => ask(keys.del({ key, mark, expectedRevision })),
  };
}

export function ask<T>(call: Observable<T>): Promise<T> {
  return firstValueFrom(call);
}
