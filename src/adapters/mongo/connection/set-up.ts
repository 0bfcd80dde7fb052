import type { Db, Document } from 'mongodb';
import { ChronowError } from '../../../errors.js';
import { collections, indexes } from './indexes.js';
import { failureOf } from './server-error.js';
import type { HotCollection } from './store.js';

const format = { writes: 1, reads: 1 } as const;

/** Creates collections and indexes; where that is forbidden, they must be there. */
export async function setUpIndexes(db: Db): Promise<void> {
  await Promise.all(collections.map(async (name) => {
    const wanted = indexes[name] ?? [];
    if (wanted.length === 0) return;
    try {
      await db.collection(name).createIndexes([...wanted]);
    } catch (error) {
      await whyNot(db, name, error);
    }
  }));
}

async function whyNot(db: Db, name: HotCollection, error: unknown): Promise<void> {
  const failure = failureOf(error);
  const wanted = indexes[name] ?? [];
  if (failure.code === 13) {
    const present = await indexNames(db, name);
    const missing = wanted.filter((index) => !present.has(index.name ?? ''));
    if (missing.length === 0) return;
    throw new ChronowError('BACKEND_UNSAFE', `the MongoDB user may not create indexes, and these of ${name} are missing: ${missing.map((index) => index.name).join(', ')}; open once as a user with the role readWrite, or create them (docs/mongo.md has the list)`, { details: { reason: failure.word, collection: name, missing: missing.map((index) => index.name) } });
  }
  // IndexOptionsConflict, IndexKeySpecsConflict.
  if (failure.code === 85 || failure.code === 86) throw new ChronowError('BACKEND_UNSAFE', `${db.databaseName}.${name} has an index that contradicts one of ours (${wanted.map((index) => index.name).join(', ')}): drop it, or use another database`, { details: { reason: failure.word, collection: name } });
  throw error;
}

async function indexNames(db: Db, name: HotCollection): Promise<ReadonlySet<string>> {
  try {
    return new Set((await db.collection(name).indexes()).flatMap((index) => (index.name === undefined ? [] : [index.name])));
  } catch (error) {
    // NamespaceNotFound: nobody has written yet.
    const { code } = failureOf(error);
    if (code === 26 || code === 13) return new Set();
    throw error;
  }
}

/** The format number of what is stored. A newer one is left where it is. */
export async function checkFormat(db: Db): Promise<void> {
  const meta = db.collection<Meta>('cw_meta');
  const stored = await meta.findOne({ _id: 'format' }) ?? await begin(db);
  const reads: unknown = stored?.['reads'];
  const writes: unknown = stored?.['writes'];
  if (typeof reads !== 'number' || typeof writes !== 'number') throw new ChronowError('FOREIGN_VALUE', `${db.databaseName}.cw_meta has no format that is ours: something else uses this database. Choose another one`, { details: { database: db.databaseName } });
  if (reads > format.reads) throw new ChronowError('FORMAT_TOO_NEW', `${db.databaseName} holds format ${reads}, written by a newer release; this one reads up to ${format.reads}: upgrade it`, { details: { stored: reads, reads: format.reads } });
}

async function begin(db: Db): Promise<Document | null> {
  const meta = db.collection<Meta>('cw_meta');
  await meta.updateOne({ _id: 'format' }, { $setOnInsert: format }, { upsert: true });
  return meta.findOne({ _id: 'format' });
}

interface Meta extends Document {
  readonly _id: string;
}

/** Tries every right that is needed, without changing anything. Returns what is refused, `cw_log: update`. */
export async function missingRights(db: Db): Promise<readonly string[]> {
  const nothing = { _id: 'chronow:nobody' };
  const tried = await Promise.all(collections.flatMap((name) => {
    const collection = db.collection<Meta>(name);
    return [
      refused(`${name}: find`, () => collection.findOne(nothing)),
      refused(`${name}: update`, () => collection.updateOne(nothing, { $set: { n: 1 } })),
      refused(`${name}: remove`, () => collection.deleteOne(nothing)),
    ];
  }));
  return tried.flat();
}

async function refused(right: string, operation: () => Promise<unknown>): Promise<readonly string[]> {
  try {
    await operation();
    return [];
  } catch (error) {
    if (failureOf(error).code === 13) return [right];
    throw error;
  }
}

/** Whether this user may open change streams here. Returns why not. */
export async function whyNoChangeStream(db: Db): Promise<'standalone' | 'no right' | undefined> {
  try {
    const reply = await db.command({ aggregate: 1, pipeline: [{ $changeStream: {} }], cursor: { batchSize: 0 } });
    const id: unknown = Reflect.get(Object(reply['cursor']), 'id');
    await db.command({ killCursors: '$cmd.aggregate', cursors: [id] }).catch(() => undefined);
    return undefined;
  } catch (error) {
    const { code } = failureOf(error);
    if (code === 13) return 'no right';
    if (code === 40_573) return 'standalone';
    throw error;
  }
}
