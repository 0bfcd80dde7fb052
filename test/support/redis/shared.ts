import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { missingRedis } from './missing.js';

/** What the set-up says of the server that all tests of a run share. */
export type SharedRedis =
  | { readonly state: 'there'; readonly url: string; readonly port: number; readonly pid: number }
  /** A developer's machine without one: its tests are skipped. */
  | { readonly state: 'missing'; readonly reason: string }
  /** There must be one, and there is none: its tests fail. */
  | { readonly state: 'failed'; readonly reason: string };

/** A suite that needs redis-server: skipped where a developer has none, failed where there must be one. */
export function describeRedis(name: string, suite: () => void): void {
  const redis = inject('redis');
  if (redis.state === 'there') describe(name, suite);
  else if (redis.state === 'missing') describe.skip(`${name} ${missingRedis}`, suite);
  else describe(name, () => { it('has a redis-server', () => expect.fail(redis.reason)); });
}

/** The server that all tests share: everybody keeps to a namespace of his own, and nobody kills, freezes, flushes or configures it. */
export function redisUrl(): string {
  return shared().url;
}

export function redisPort(): number {
  return shared().port;
}

/** A namespace that nobody else has; its keys begin with `cw:<namespace>:`. */
export function freshNamespace(): string {
  return `t${randomUUID().replaceAll('-', '').slice(0, 12)}`;
}

/** A plain client, to look at what is stored or to write as a foreigner does; closed when the test is over. */
export function rawClient(url: string = redisUrl()): Redis {
  const client = new Redis(url);
  // The server may go before the client does; a command that fails says so itself.
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

function shared(): Extract<SharedRedis, { readonly state: 'there' }> {
  const redis = inject('redis');
  if (redis.state !== 'there') throw new Error(redis.reason);
  return redis;
}
