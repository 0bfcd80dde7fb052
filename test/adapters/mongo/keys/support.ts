import type { Collection } from 'mongodb';
import { firstValueFrom, type Observable } from 'rxjs';
import type { ConnectionOptions } from '../../../../src/adapters/mongo/connection/options.js';
import type { HotCollection } from '../../../../src/adapters/mongo/connection/store.js';
import type { Context } from '../../../../src/adapters/mongo/context.js';
import { MongoKeys } from '../../../../src/adapters/mongo/keys/mongo-keys.js';
import { KeySpace } from '../../../../src/keys/key-space.js';
import type { BrokerEvent } from '../../../../src/port/events.js';
import type { KeyState, KeyWrite, KeyWriteAnswer } from '../../../../src/port/key-store.js';
import type { KeyRef } from '../../../../src/port/names.js';
import { systemRuntime } from '../../../../src/system-runtime.js';
import { freshDatabase, rawClient } from '../../../support/mongo/shared.js';
import { openStore } from '../../../support/mongo/store.js';

export interface Room {
  readonly context: Context;
  readonly keys: MongoKeys;
  readonly events: readonly BrokerEvent[];
}

/** What the rooms of keys and watchers work with, over a connection of its own; closed when the test is over. */
export async function openRoom(options: Partial<ConnectionOptions> = {}): Promise<Room> {
  const runtime = systemRuntime();
  const events: BrokerEvent[] = [];
  const context: Context = {
    store: await openStore({ database: freshDatabase(), ...options }),
    keys: new KeySpace('cw:'),
    runtime,
    clientId: runtime.newId(),
    limits: { maxStreamLen: 100_000, onFull: 'reject', retentionMs: 1_000_000, idempotencyWindowMs: 600_000, shardCount: 1 },
    report: (event) => events.push(event),
  };
  return { context, keys: new MongoKeys(context), events };
}

/** Two processes with one database. */
export async function openRooms(options: Partial<ConnectionOptions> = {}): Promise<readonly [Room, Room]> {
  const shared = { database: freshDatabase(), ...options };
  return [await openRoom(shared), await openRoom(shared)];
}

export const ref: KeyRef = { tenantId: 'acme', namespace: 'payments', key: 'fraud:limit' };

export interface Raw {
  readonly _id: string;
  readonly [name: string]: unknown;
}

/** A collection as a foreigner sees it. */
export function raw(database: string, collection: HotCollection = 'cw_kv', uri?: string): Collection<Raw> {
  return rawClient(uri).db(database).collection<Raw>(collection);
}

/** The `_id` of a key, as a foreigner writes it. */
export function idOf({ tenantId, namespace, key }: KeyRef): string {
  return `cw:${tenantId}:${namespace}:sm:${key}`;
}

/** Calls of one key, as promises. */
export function calls(keys: MongoKeys, key: KeyRef): {
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
