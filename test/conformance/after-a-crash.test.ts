import type { Document } from 'mongodb';
import { expect, inject, test } from 'vitest';
import { Chronow, type ChronowConfig, type ChronowEvent } from 'chronow';
import { describeMongo, freshDatabase, mongoUri, rawClient } from '../support/mongo/shared.js';
import { startMember } from '../support/mongo/member.js';
import { startChild } from '../support/process/child.js';
import { freshNamespace, redisUrl, rawClient as rawRedis } from '../support/redis/shared.js';
import { until } from '../support/servers/until.js';

/** A hot tier that outlives a process, and a look at the keys of ours that are left in the reserved scope. */
interface Hot {
  readonly name: string;
  readonly config: ChronowConfig;
  readonly left: () => Promise<readonly string[]>;
}

function redis(namespace: string): Hot {
  const raw = rawRedis();
  return { name: 'Redis', config: { namespace, redis: { url: redisUrl() } }, left: () => raw.keys(`cw:default:%00${namespace}:sm:ow*`) };
}

function mongo(namespace: string): Hot {
  const values = rawClient().db('chronow_hot').collection<{ _id: string }>('cw_kv');
  const left = async (): Promise<readonly string[]> => (await values.find({ b: { $exists: true } }).toArray()).map(({ _id }) => _id).filter((id) => id.includes(`%00${namespace}:sm:ow`));
  return { name: 'MongoDB', config: { namespace, mongoOnly: true, mongo: { uri: mongoUri() } }, left };
}

/** What two clients that come later make of it. */
interface Outcome {
  /** Body, headers, publish time. */
  readonly copies: readonly (readonly unknown[])[];
  /** The same in the hot tier. */
  readonly log: readonly unknown[];
  readonly later: readonly unknown[];
  readonly values: readonly unknown[];
  readonly missing: readonly unknown[];
  readonly events: readonly ChronowEvent[];
  readonly left: { readonly before: number; readonly after: number };
}

async function crash({ name, config, left }: Hot): Promise<Outcome> {
  const server = await startMember();
  const dbName = freshDatabase();
  const whole: ChronowConfig = { ...config, warm: { persist: true }, chronos: { config: { dbConnections: { m: { mongoUri: server.uri } }, databases: { messaging: { dbConnRef: 'm', dbName } } } } };
  await server.kill9();
  const child = startChild(new URL('support/copying-process.ts', import.meta.url), [], { CONFIG: JSON.stringify(whole) });
  expect(await child.line(/^written /)).toBe('written 0');
  child.kill('SIGKILL');
  await child.ended;
  await server.start();
  const before = (await left()).length;

  const events: ChronowEvent[] = [];
  const start = async (): Promise<Chronow> => {
    const cw = await Chronow.init({ ...whole, warm: { persist: false } });
    cw.events$.subscribe((event) => events.push(event));
    return cw;
  };
  const [cw, another] = await Promise.all([start(), start()]);
  for (let n = 0; n < 30; n += 1) await cw.topic('short', { maxStreamLen: 10 }).publish(n);
  await until(`nothing is owed any more over ${name}`, async () => (await left()).length === 0, 150_000);

  const db = rawClient(server.uri).db(dbName);
  const copied = (topic: string): Promise<Document[]> => db.collection('messages').find({ topic: { $regex: `${topic}$` } }).sort({ firstSeenAt: 1, payload: 1 }).toArray();
  await cw.bus.ensureSubscription('orders', 's', { startFrom: 'earliest' });
  const outcome = {
    copies: (await copied('orders')).map(({ payload, headers = {}, firstSeenAt }): readonly unknown[] => [payload, headers, Number(firstSeenAt)]),
    log: (await cw.bus.peek('orders', 's')).map(({ payload, headers, publishedAt }) => [payload, headers, publishedAt]),
    later: (await copied('later')).map(({ payload }) => payload as unknown),
    values: (await db.collection('shared_memory').find({ key: { $in: ['limit', 'there', 'ended'] } }).toArray()).map(({ key, val }): unknown => [key, val]),
    missing: events.flatMap((event) => (event.type === 'warm-missing' ? [[event.work, event.of === undefined ? '' : 'key' in event.of ? event.of.key : event.of.topic, event.count, event.reason]] : [])).sort(),
    events,
  };
  await Promise.all([cw.close(), another.close()]);
  const after = (await left()).length;
  await server.stop();
  return { ...outcome, left: { before, after } };
}

// A record is its owner's for 20 s by the server's clock, and is looked for every 10: both hot tiers wait at once.
describeMongo('a process that is killed before its copies are made', () => {
  test('leaves a record by which others make them, and tell what they do not find', { timeout: 180_000 }, async () => {
    const hot = [mongo(freshNamespace()), ...(inject('redis').state === 'there' ? [redis(freshNamespace())] : [])];
    const outcomes = await Promise.all(hot.map(async (one) => [one.name, await crash(one)] as const));
    for (const [name, { copies, log, later, values, missing, events, left }] of outcomes) {
      expect(left, name).toEqual({ before: 2, after: 0 });
      // One of the four had asked for no copy: it has one too.
      expect(copies, name).toEqual(log);
      expect(copies.map(([payload]) => payload), name).toEqual([0, 1, 2, 3].map((n) => ({ n })));
      expect(copies[1]?.[1], name).toEqual({ type: 'x' });
      expect(later, name).toEqual(['due']);
      expect(values, name).toEqual([['limit', { n: 2 }]]);
      expect(missing, name).toEqual([['messages', 'short', 'unknown', 'trimmed'], ['value', 'ended', 1, 'gone']]);
      expect(JSON.stringify(events), name).not.toContain('what is lost');
    }
  });
});
