import { MongoClient, type Document } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import type { MongoStore } from '../../../../src/adapters/mongo/connection/store.js';
import { describeMongo, freshDatabase, mongoUri } from '../../../support/mongo/shared.js';
import { openStore } from '../../../support/mongo/store.js';
import { hear, set as put } from './support.js';

interface Counted {
  readonly store: MongoStore;
  /** What the change stream brought. */
  readonly events: () => readonly string[];
  /** How often one was opened. */
  readonly openings: () => number;
}

/** A store whose stream is counted. */
async function counted(database: string): Promise<Counted> {
  const client = new MongoClient(mongoUri(), { monitorCommands: true });
  onTestFinished(() => client.close());
  const events: string[] = [];
  let openings = 0;
  client.on('commandStarted', ({ command }) => { if (JSON.stringify(command).includes('$changeStream')) openings += 1; });
  client.on('commandSucceeded', ({ reply }) => {
    const cursor: unknown = Reflect.get(Object(reply), 'cursor');
    for (const batch of ['firstBatch', 'nextBatch']) {
      const list: unknown = Reflect.get(Object(cursor), batch);
      if (Array.isArray(list)) for (const event of list) if (isEvent(event)) events.push(idOf(event));
    }
  });
  return { store: await openStore({ client, uri: undefined, database }), events: () => events, openings: () => openings };
}

function idOf(event: Document): string {
  return String(Reflect.get(Object(event['documentKey']), '_id') ?? event['operationType']);
}

function isEvent(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && 'operationType' in value;
}

describeMongo('the traffic of a change stream', () => {
  it('is the keys that are watched, and nothing of what others write', async () => {
    const database = freshDatabase();
    const { store, events, openings } = await counted(database);
    const neighbour = await openStore({ database });
    const one = hear(store.hints.keys({ id: 'a:1' }));
    const all = hear(store.hints.keys({ prefix: 'b:' }));
    await one.next(({ kind }) => kind === 'live');
    await all.next(({ kind }) => kind === 'live');
    for (let n = 0; n < 30; n += 1) await put(neighbour, `a:${n + 10}`, 1);
    await neighbour.attempt('insert', () => neighbour.collection('cw_log').insertMany([{ t: 'theirs' }, { t: 'theirs' }]));
    await put(neighbour, 'b:2', 1);
    await put(neighbour, 'a:1', 1);
    await one.next(({ kind }) => kind === 'change');
    expect(events()).toEqual(['b:2', 'a:1']);
    // Another one that is watched is told from its time on, and of the others nothing is told twice.
    const later = hear(store.hints.keys({ id: 'a:10' }));
    await later.next(({ kind }) => kind === 'live');
    await put(neighbour, 'a:10', 2);
    await later.next(({ kind }) => kind === 'change');
    expect(new Set(events())).toEqual(new Set(['b:2', 'a:1', 'a:10']));
    expect(openings()).toBeLessThanOrEqual(4);
  });

  it('is all keys that begin alike where there are too many to name, and the stream is not opened for each', async () => {
    const database = freshDatabase();
    const { store, events, openings } = await counted(database);
    const neighbour = await openStore({ database });
    const before = openings();
    const many = Array.from({ length: 300 }, (_, n) => hear(store.hints.keys({ id: `ours:${n}` })));
    for (const one of many) await one.next(({ kind }) => kind === 'live');
    await put(neighbour, 'ours:other', 1);
    await put(neighbour, 'theirs:1', 1);
    await put(neighbour, 'ours:299', 1);
    await many.at(-1)?.next(({ kind }) => kind === 'change');
    expect(events()).toEqual(['ours:other', 'ours:299']);
    // Whoever comes now is told at once.
    const opened = openings();
    await hear(store.hints.keys({ id: 'ours:another' })).next(({ kind }) => kind === 'live');
    expect(openings()).toBe(opened);
    expect(opened - before).toBeLessThan(10);
  });
});
