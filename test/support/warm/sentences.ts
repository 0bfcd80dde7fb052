import { firstValueFrom, type Observable } from 'rxjs';
import { expect, test } from 'vitest';
import { isChronowError } from '../../../src/errors.js';
import type { DeadLetterRecord } from '../../../src/port/inspection.js';
import type { StoredMessage } from '../../../src/port/message.js';
import type { SettledDelivery, UpsertStrategy, WarmStore } from '../../../src/port/warm-store.js';

/** A warm store under test, and the days that pass for it. */
export interface WarmRig {
  readonly store: WarmStore;
  readonly pass: (days: number) => void;
  /** Bodies of dead letters of the subscription `s`. */
  readonly deadBodies: () => Promise<readonly unknown[]>;
  /** Settled deliveries of the subscription `s`. */
  readonly settled: () => Promise<readonly Recorded[]>;
}

/** A record of a settled delivery, as far as it is compared. */
export type Recorded = Pick<SettledDelivery, 'id' | 'attempt' | 'status' | 'consumer' | 'reason'>;

export const key = { tenantId: 'default', namespace: 'default', key: 'k' } as const;
export const topic = { tenantId: 'default', namespace: 'default', topic: 't' } as const;

/** The answer of a call, or the code of its error. */
export async function ask<T>(call: Observable<T>): Promise<T | string> {
  return firstValueFrom(call).catch((error: unknown) => (isChronowError(error) ? error.code : String(error)));
}

export function messageOf(id: string, publishedAt: number, more: Partial<StoredMessage> = {}): StoredMessage {
  return { id, body: JSON.stringify(id), headers: {}, codec: undefined, key: undefined, publishedAt, expiresAt: undefined, ...more };
}

/** What a store answers, in short: versions as `number:value`. */
export class Asking {
  readonly store: WarmStore;
  readonly pass: WarmRig['pass'];
  readonly deadBodies: WarmRig['deadBodies'];
  readonly #settled: WarmRig['settled'];

  constructor({ store, pass, deadBodies, settled }: WarmRig) {
    this.#settled = settled;
    this.store = store;
    this.pass = pass;
    this.deadBodies = deadBodies;
  }

  save(value: string, revision: number, strategy: UpsertStrategy = 'append', retentionDays?: number, maxVersions?: number): Promise<unknown> {
    return ask(this.store.saveValue({ key, body: JSON.stringify(value), revision, strategy, retentionDays, maxVersions }));
  }

  async end(revision: number, keepHistory = false, retentionDays?: number): Promise<void> {
    expect(await ask(this.store.deleteValue(key, { revision, keepHistory, retentionDays }))).toBeUndefined();
  }

  async history(limit = 10): Promise<unknown> {
    const versions = await ask(this.store.valueHistory(key, limit));
    return typeof versions === 'string' ? versions : versions.map(({ body, version }) => `${version}:${textOf(body)}`);
  }

  async newest(): Promise<unknown> {
    const newest = await ask(this.store.loadValue(key));
    return typeof newest === 'object' ? textOf(newest.body) : newest;
  }

  async settle(subscription: string, settledAt: number, deliveries: readonly string[], retentionDays?: number): Promise<void> {
    const settled = deliveries.map((text): SettledDelivery => {
      const [id = '', attempt, status, reason] = text.split(' ');
      return { id, attempt: Number(attempt), status: status === 'ack' || status === 'nack' ? status : 'dead', consumer: 'c', reason, settledAt };
    });
    expect(await ask(this.store.saveDeliveries({ ...topic, subscription }, settled, retentionDays))).toBeUndefined();
  }

  async settled(): Promise<readonly string[]> {
    return (await this.#settled()).map(({ id, attempt, status, consumer, reason }) => `${id} ${attempt} ${status}${reason === undefined ? '' : ` ${reason}`} of ${consumer}`).sort();
  }

  async read(from: number, to: number, after?: string, max = 10): Promise<unknown> {
    const found = await ask(this.store.readMessages({ topic, from, to, after, max }));
    return typeof found === 'string' ? found : found.map(({ body }) => textOf(body));
  }
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? String(JSON.parse(body)) : 'deleted';
}

/** What every warm store does, as a test of each sentence. By way of chronos-db, what has ended is not replaced or removed, and the last call counts. */
export function warmStoreSentences(rig: () => Promise<WarmRig> | WarmRig, { replacesEnded }: { readonly replacesEnded: boolean } = { replacesEnded: true }): void {
  const sentence = (name: string, check: (asking: Asking) => Promise<void>): void => { test(name, async () => check(new Asking(await rig()))); };

  sentence('appends versions from 0, and keeps the newest of them', async (it) => {
    for (const [index, body] of ['a', 'b', 'c', 'd'].entries()) await it.save(body, index + 1, 'append', undefined, 3);
    expect([await it.history(), await it.newest(), await it.history(1)]).toEqual([['3:d', '2:c', '1:b'], 'd', ['3:d']]);
  });

  sentence('keeps one document of latest, and falls through to both strategies', async (it) => {
    await it.save('a', 1, 'latest');
    await it.save('b', 2, 'latest');
    expect(await it.history()).toEqual(['0:b']);
    await it.save('c', 3, 'append');
    expect([await it.history(), await it.newest()]).toEqual([['0:c', '0:b'], 'c']);
    await it.save('d', 4, 'latest');
    expect([await it.history(), await it.newest()]).toEqual([['0:d', '0:c'], 'd']);
  });

  sentence('does nothing for a write that is repeated, or was overtaken', async (it) => {
    for (const strategy of ['append', 'latest'] as const) {
      const base = strategy === 'append' ? 0 : 10;
      await it.save('a', base + 2, strategy);
      await it.save('again', base + 2, strategy);
      await it.save('old', base + 1, strategy);
      await it.end(base + 1);
      await it.end(base + 2);
      await it.end(base + 1, true);
      expect(await it.newest()).toBe('a');
    }
    expect(await it.history()).toEqual(['0:a', '0:a']);
  });

  sentence('remembers a deletion against late writes, and begins again after it', async (it) => {
    await it.save('a', 1);
    await it.save('b', 2);
    await it.end(3);
    await it.save('late', 2);
    await it.save('late', 3, 'latest');
    expect([await it.history(), await it.newest()]).toEqual([[], 'deleted']);
    await it.save('c', 4);
    expect(await it.history()).toEqual(['0:c']);
    await it.end(5);
    await it.save('d', 6, 'latest');
    expect(await it.history()).toEqual(['0:d']);
    await it.end(7);
    await it.end(7);
    expect([await it.history(), await it.newest()]).toEqual([[], 'deleted']);
  });

  sentence('remembers the deletion of what it never had', async (it) => {
    await it.end(3);
    await it.save('late', 2);
    expect([await it.history(), await it.newest()]).toEqual([[], 'deleted']);
  });

  sentence('keeps a closed history, which nothing is added to', async (it) => {
    await it.save('a', 1);
    await it.end(2, true);
    expect(await it.save('b', 3)).toBe('KEY_CLOSED');
    expect(await it.save('b', 3, 'latest')).toBe('KEY_CLOSED');
    expect(await it.save('late', 1)).toBeUndefined();
    expect([await it.history(), await it.newest()]).toEqual([['1:deleted', '0:a'], 'deleted']);
    await it.end(2, true);
    expect(await it.history()).toEqual(['1:deleted', '0:a']);
    await it.end(4, true);
    expect(await it.history()).toEqual(['1:deleted', '0:a']);
    expect(await it.save('late', 4)).toBeUndefined();
  });

  sentence('closes a key that has one document too', async (it) => {
    await it.save('a', 1, 'latest');
    await it.end(2, true);
    expect([await it.history(), await it.newest()]).toEqual([['0:deleted'], 'deleted']);
    expect(await it.save('b', 3, 'latest')).toBe('KEY_CLOSED');
  });

  sentence('shows nothing that has ended, deletions neither', async (it) => {
    await it.save('a', 1, 'append', 2);
    it.pass(1);
    await it.save('b', 2, 'append', 2);
    it.pass(1);
    expect(await it.history()).toEqual(['1:b']);
    it.pass(1);
    expect([await it.history(), await it.newest()]).toEqual([[], undefined]);
    await it.end(5, false, 1);
    expect(await it.save('late', 4)).toBeUndefined();
    expect(await it.newest()).toBe('deleted');
    it.pass(1);
    expect(await it.newest()).toBeUndefined();
    await it.save('c', 4);
    expect([await it.newest(), await it.history()]).toEqual(['c', ['0:c']]);
  });

  sentence('begins again where one document has ended', async (it) => {
    await it.save('a', 5, 'latest', 1);
    it.pass(1);
    expect([await it.history(), await it.newest()]).toEqual([[], undefined]);
    await it.save('b', 4, 'latest', 1);
    expect(await it.history()).toEqual(['0:b']);
  });

  sentence('says when a copy was made, when it ends, and what it is a copy of', async (it) => {
    await it.save('a', 7, 'append', 2);
    const [version] = await firstValueFrom(it.store.valueHistory(key, 1));
    expect(version).toEqual({ body: '"a"', version: 0, revision: 7, writtenAt: version?.writtenAt, expiresAt: (version?.writtenAt ?? 0) + 2 * 86_400_000 });
  });

  sentence('gives bodies back as they came', async (it) => {
    const bodies = [
      '{"a":[1,null,{"b":"ü"}],"c":1.5,"10":true,"d":3000000000,"e":1e+21}', '"plain"', '0', 'null', '{"$set":{"$a":1}}', '{"_bsontype":"ObjectId","id":"x"}', '{"$ref":"a","$id":1}', '{"a.b":1,"":2}', '{"\\u0000":1}',
      '"\\ud800"', '-0', '{ "spaced": 1 }', '{"$date":"2020-01-01T00:00:00Z"}', '['.repeat(150) + ']'.repeat(150), 'not JSON', '{"toBSON":1}', '', '123456789012345678901234567890', '"$$NOW"',
      new Uint8Array([0, 255, 7]), new Uint8Array(),
    ];
    for (const [index, body] of bodies.entries()) {
      await ask(it.store.saveValue({ key, body, revision: index + 1, strategy: index % 2 === 0 ? 'append' : 'latest', retentionDays: undefined, maxVersions: undefined }));
      const found = await firstValueFrom(it.store.loadValue(key));
      expect([plain(found?.body), found?.revision]).toEqual([body, index + 1]);
    }
    await ask(it.store.saveMessages(topic, bodies.map((body, index) => messageOf(String(index).padStart(2, '0'), 5, { body, codec: typeof body === 'string' ? undefined : 'bytes' })), undefined));
    const found = await firstValueFrom(it.store.readMessages({ topic, from: 0, to: 9, max: 100 }));
    expect(found.map(({ body }) => plain(body))).toEqual(bodies);
  });

  sentence('keeps messages by publish time, the first copy of each', async (it) => {
    await ask(it.store.saveMessages(topic, [messageOf('b', 2), messageOf('a', 1)], 1));
    await ask(it.store.saveMessages(topic, [messageOf('a', 1, { body: '"again"' }), messageOf('c', 3)], 2));
    expect([await it.read(0, 9), await it.read(2, 2), await it.read(0, 9, 'a', 1), await it.read(-Infinity, Infinity, 'c')]).toEqual([['a', 'b', 'c'], ['b'], ['b'], []]);
    it.pass(1);
    expect(await it.read(0, 9)).toEqual(['c']);
    if (!replacesEnded) return;
    await ask(it.store.saveMessages(topic, [messageOf('a', 1, { body: '"anew"' })], 2));
    expect(await it.read(0, 9)).toEqual(['anew', 'c']);
  });

  sentence('pages through messages of one instant without leaving one out', async (it) => {
    await ask(it.store.saveMessages(topic, [...'hgfedcba'].map((id) => messageOf(id, id < 'f' ? 1 : 2)), undefined));
    const seen: unknown[] = [];
    for (let after: string | undefined; ;) {
      const page = await firstValueFrom(it.store.readMessages({ topic, from: 0, to: 9, after, max: 3 }));
      seen.push(...page.map(({ id }) => id));
      after = page.at(-1)?.id;
      if (page.length < 3) break;
    }
    expect(seen.join('')).toBe('abcdefgh');
  });

  sentence('keeps all of a message', async (it) => {
    const messages = [
      messageOf('1', 1, { headers: { type: 'x', 'a.b': 'y' }, key: 'k', expiresAt: 9, codec: 'other', body: 'any' }),
      messageOf('2', 2, { headers: { '$set': 'x', _bsontype: 'y' } }),
    ];
    await ask(it.store.saveMessages(topic, messages, undefined));
    expect(await firstValueFrom(it.store.readMessages({ topic, from: 0, to: 9, max: 10 }))).toEqual(messages);
  });

  sentence('keeps one record of a dead letter for each subscription, the first', async (it) => {
    const record = (id: string, body: string): DeadLetterRecord => ({ message: messageOf(id, 1, { body }), subscription: 's', deliveryCount: 3, history: [{ reason: 'Rejected', errors: ['Error: x'], deadAt: 5, deliveryCount: 3 }] });
    const s = { ...topic, subscription: 's' };
    await ask(it.store.saveDeadLetter(s, record('a', '1'), 1));
    await ask(it.store.saveDeadLetter(s, record('a', '2'), 1));
    await ask(it.store.saveDeadLetter({ ...s, subscription: 'other' }, record('a', '3'), 1));
    await ask(it.store.saveDeadLetter(s, record('b', '4'), 3));
    expect(await it.deadBodies()).toEqual(['1', '4']);
    it.pass(1);
    await ask(it.store.saveDeadLetter(s, record('a', '5'), 1));
    expect([...await it.deadBodies()].sort()).toEqual(['4', '5']);
  });

  sentence('keeps one record of each attempt, the one that was settled last', async (it) => {
    await it.settle('s', 5, ['a 1 nack Timeout', 'b 1 ack', 'a 2 dead MaxDeliveries'], 1);
    await it.settle('s', 5, ['a 1 nack Timeout', 'a 2 dead MaxDeliveries'], 1);
    await it.settle('other', 6, ['a 1 ack']);
    expect(await it.settled()).toEqual(['a 1 nack Timeout of c', 'a 2 dead MaxDeliveries of c', 'b 1 ack of c']);
    await it.settle('s', 7, ['a 2 nack Rejected', 'c 1 ack', 'c 2 ack'], 3);
    expect(await it.settled()).toEqual(['a 1 nack Timeout of c', 'a 2 nack Rejected of c', 'b 1 ack of c', 'c 1 ack of c', 'c 2 ack of c']);
    if (!replacesEnded) return;
    await it.settle('s', 6, ['a 2 ack', 'c 1 nack late'], 3);
    expect(await it.settled()).toContain('a 2 nack Rejected of c');
    it.pass(1);
    expect(await it.settled()).toEqual(['a 2 nack Rejected of c', 'c 1 ack of c', 'c 2 ack of c']);
  });

  sentence('keeps deliveries of one topic in two namespaces apart', async (it) => {
    await ask(it.store.saveDeliveries({ ...topic, namespace: 'other', subscription: 's' }, [{ id: 'a', attempt: 1, status: 'ack', consumer: 'c', reason: undefined, settledAt: 9 }], undefined));
    await it.settle('s', 5, ['a 1 nack']);
    expect(await it.settled()).toEqual(['a 1 nack of c']);
  });

  sentence('keeps scopes apart, and is closed', async (it) => {
    await it.save('a', 1);
    expect(await ask(it.store.loadValue({ ...key, tenantId: 'other' }))).toBeUndefined();
    expect(await ask(it.store.loadValue({ ...key, namespace: 'other' }))).toBeUndefined();
    const places = [topic, { ...topic, tenantId: 'other' }, { ...topic, namespace: 'other' }, { ...topic, topic: 'other/t' }, { ...topic, namespace: 'default', topic: 'other%2Ft' }];
    for (const [index, place] of places.entries()) await ask(it.store.saveMessages(place, [messageOf('1', 1, { body: String(index) })], undefined));
    for (const [index, place] of places.entries()) expect(await firstValueFrom(it.store.readMessages({ topic: place, from: 0, to: 9, max: 10 }))).toMatchObject([{ body: String(index) }]);
    await ask(it.store.close());
    expect(await ask(it.store.loadValue(key))).toBe('CLOSED');
    expect(await ask(it.store.close())).toBeUndefined();
  });
}

/** A driver gives buffers. */
function plain(body: unknown): unknown {
  return body instanceof Uint8Array ? new Uint8Array(body) : body;
}

/** A document of the collection `deliveries`. */
export function recordOf({ msgId, attempt, status, consumerId, reason }: Record<string, unknown>): Recorded {
  return { id: String(msgId), attempt: Number(attempt), status: status === 'ack' || status === 'nack' ? status : 'dead', consumer: String(consumerId), reason: typeof reason === 'string' ? reason : undefined };
}
